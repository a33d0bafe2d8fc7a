"""What a change of attributes makes of a profile. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.attributes import CONTACTS, FLAGS


@dataclass(frozen=True, slots=True)
class ToVerify:
    """An address that a code is due for. `value` is a new address that waits for the code to
    take the old one's place; None means the address that stands in the profile already."""

    attribute: str
    value: str | None = None


def planned(
    pool: Pool, before: dict[str, str], new: dict[str, str], removed: set[str]
) -> tuple[dict[str, str], list[ToVerify]]:
    """The attributes after the change, and the addresses to verify.

    A new address is unverified unless the same change sets its flag, which only administrators
    can. Where the pool asks for proof before an update
    (AttributesRequireVerificationBeforeUpdate), the old address stays until then.
    """
    gone = removed | {name for name, value in new.items() if not value}
    after = {name: value for name, value in before.items() if name not in gone}
    after |= {
        name: value
        for name, value in new.items()
        if value and name not in CONTACTS and name not in FLAGS
    }
    to_verify = []
    for contact in CONTACTS:
        due = _contact(pool, contact, after, {} if contact in gone else new)
        if due is not None:
            to_verify.append(due)
    _keep_a_sign_in_name(pool, before, after)
    return after, to_verify


def _contact(
    pool: Pool, contact: str, after: dict[str, str], new: dict[str, str]
) -> ToVerify | None:
    """Changes one address and its flag in `after`."""
    flag, old = f"{contact}_verified", after.get(contact)
    value, set_flag = new.get(contact, old), new.get(flag)
    if value is None:
        after.pop(flag, None)
        if set_flag:
            raise idp.InvalidParameterException(f"{contact} is required if {flag} is set.")
        return None
    if value == old:
        if set_flag:
            after[flag] = set_flag
        return None
    proved = set_flag == "true"
    if old is not None and not proved and contact in _kept_until_verified(pool):
        return ToVerify(contact, value)
    after[contact], after[flag] = value, "true" if proved else "false"
    return ToVerify(contact) if not proved and contact in pool.auto_verified else None


def _kept_until_verified(pool: Pool) -> list[str]:
    settings = pool.settings.user_attribute_update_settings
    listed = settings.attributes_require_verification_before_update if settings else None
    return listed or []


def _keep_a_sign_in_name(pool: Pool, before: dict[str, str], after: dict[str, str]) -> None:
    kinds = pool.username_attributes
    if kinds & before.keys() and not kinds & after.keys():
        raise idp.InvalidParameterException("The last sign-in attribute cannot be removed.")
