"""Where a message goes, and how much of that is shown.

Source: "Configuring email or phone verification", developer guide (phone before e-mail), and
CodeDeliveryDetailsType.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from poolhouse.contract import cognito_idp as idp
from poolhouse.delivery.letters import EMAIL, SMS
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User

PHONE_FIRST = ("phone_number", "email")
_SHOWN_DIGITS = 4
_MEDIUMS = {"phone_number": SMS, "email": EMAIL}
_ATTRIBUTES = {medium: attribute for attribute, medium in _MEDIUMS.items()}
# The words for e-mail are observed, those for SMS are after them.
_UNREACHABLE = {
    EMAIL: "No email provided but desired delivery medium was Email",
    SMS: "No phone number provided but desired delivery medium was SMS",
}


def medium_of(attribute: str) -> str:
    """EMAIL or SMS. Only `email` and `phone_number` can be written to."""
    return _MEDIUMS[attribute]


def deliverable(attribute: str) -> bool:
    return attribute in _MEDIUMS


def masked(attribute: str, value: str) -> str:
    """`b***@g***`, `+*******1234`. In lower case: how an address was written is shown to nobody
    who does not have it."""
    if attribute == "phone_number":
        digits = value.removeprefix("+")
        hidden = len(digits) - min(_SHOWN_DIGITS, len(digits) // 2)
        return "+" + "*" * hidden + digits[hidden:]
    name, _, domain = value.lower().rpartition("@")
    return f"{name[:1]}***@{domain[:1]}***"


def details(attribute: str, value: str) -> idp.CodeDeliveryDetailsType:
    return idp.CodeDeliveryDetailsType(
        attribute_name=attribute,
        delivery_medium=medium_of(attribute),
        destination=masked(attribute, value),
    )


def sign_up_attribute(pool: Pool, user: User) -> str | None:
    """The attribute whose address gets the code at sign-up: an auto-verified one that the user
    has, phone before e-mail. None where no code is sent."""
    for attribute in PHONE_FIRST:
        if attribute in pool.auto_verified and user.attributes.get(attribute):
            return attribute
    return None


def invitation_attributes(user: User, mediums: Collection[str] | None) -> list[str]:
    """Where an invitation goes: to each medium asked for that the user has an address for. Where
    none is asked for, by SMS as Cognito does, or else by e-mail."""
    wanted = [_ATTRIBUTES[medium] for medium in mediums or (SMS, EMAIL)]
    possible = [attribute for attribute in wanted if user.attributes.get(attribute)]
    return possible if mediums else possible[:1]


def check_mediums(attributes: Mapping[str, str], mediums: Collection[str] | None) -> None:
    """A medium that an invitation is asked to go by needs its address ("You must provide a value
    for email … if you set EMAIL in the DesiredDeliveryMediums", AdminCreateUser).

    Raises InvalidParameterException.
    """
    for medium in mediums or ():
        if not attributes.get(_ATTRIBUTES[medium]):
            raise idp.InvalidParameterException(_UNREACHABLE[medium])
