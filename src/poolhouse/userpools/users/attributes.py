"""Which attributes may be given to a user, by whom, and with what values. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.formats import is_email, is_phone_number
from poolhouse.userpools.users.usernames import check_preferred

By = Literal["user", "admin"]

CONTACTS = ("email", "phone_number")
"""Attributes that a code can be sent to. Each has a flag `…_verified` beside it."""
FLAGS = tuple(f"{contact}_verified" for contact in CONTACTS)

_SYSTEM = frozenset(["sub", "identities"])
_DEVELOPER_ONLY = "dev:"
_LONGEST = 2048
_UNAUTHORIZED = "A client attempted to write unauthorized attribute"
_NONCONFORMING = "Attributes did not conform to the schema: "
_BOOLEANS = frozenset(["true", "false"])


def accepted(
    pool: Pool,
    given: Sequence[idp.AttributeType],
    *,
    by: By,
    client: Client | None,
    creating: bool,
) -> dict[str, str]:
    """The attributes by name, each allowed, known to the schema and well formed.

    An empty value asks for the attribute to be removed: it is left out when creating, and kept as
    "" otherwise (`change_attributes` removes it). Whether required attributes are there is asked
    of `missing_required`.

    Raises:
        NotAuthorizedException: not the user's, or not this client's, to write.
        InvalidParameterException: unknown, immutable, twice, or of no or a wrong value.
    """
    _once(attribute.name for attribute in given)
    if by == "admin" or not creating:
        _refuse_sub(attribute.name for attribute in given)
    if by == "user":
        for attribute in given:
            _authorize(client, attribute.name)
    _refuse_unknown(pool, given, creating=creating)
    troubles: list[str] = []
    found: dict[str, str] = {}
    for attribute in given:
        name, value = attribute.name, _value_of(attribute)
        schema = _schema_of(pool, name)
        if not creating or name in _SYSTEM:
            _changeable(schema, name)
        if value:
            found[name] = _well_formed(schema, name, value, troubles)
        elif not creating:
            found[name] = ""
    _refuse_lines(troubles, creating=creating)
    _keep_required(pool, found)
    if found.get("preferred_username"):
        check_preferred(pool, found["preferred_username"], unconfirmed=by == "user" and creating)
    return found


def missing_required(pool: Pool, attributes: dict[str, str]) -> None:
    """Raises InvalidParameterException naming every required attribute that is not there."""
    absent = [
        f"{name}: The attribute is required"
        for name in pool.schema
        if _required(pool, name) and not attributes.get(name)
    ]
    if absent:
        raise idp.InvalidParameterException(_NONCONFORMING + "\n".join(absent))


def removable(pool: Pool, names: Sequence[str], *, by: By, client: Client | None) -> set[str]:
    """The names of attributes that may be removed. Raises as `accepted` does."""
    as_given = [idp.AttributeType(name=name, value="") for name in dict.fromkeys(names)]
    return set(accepted(pool, as_given, by=by, client=client, creating=False))


def readable(client: Client, name: str) -> bool:
    """Whether users see the attribute through this client (ReadAttributes). `sub` always. What
    developers alone write is read like any other."""
    return name == "sub" or client.readable is None or name in client.readable


def _once(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise idp.InvalidParameterException(f"{name}: The attribute is given more than once")
        seen.add(name)


def _authorize(client: Client | None, name: str) -> None:
    """What no user writes, and what this client's WriteAttributes leave out."""
    listed = client.writable if client else None
    never = name in _SYSTEM or name in FLAGS or name.startswith(_DEVELOPER_ONLY)
    if never or (listed is not None and name not in listed):
        raise idp.NotAuthorizedException(_UNAUTHORIZED)


def _refuse_sub(names: Iterable[str]) -> None:
    """In Cognito's words (recorded of UpdateUserAttributes, observed of AdminCreateUser),
    before it asks who may write what."""
    if "sub" in names:
        raise idp.InvalidParameterException("Cannot modify the non-mutable attribute sub")


def _keep_required(pool: Pool, found: dict[str, str]) -> None:
    """In Cognito's words (recorded of UpdateUserAttributes)."""
    for name, value in found.items():
        if not value and _required(pool, name):
            raise idp.InvalidParameterException(
                f"user.{name}: Required attribute cannot be deleted."
            )


def _value_of(attribute: idp.AttributeType) -> str:
    if attribute.value is None:
        raise idp.InvalidParameterException(
            f"Attribute value for {attribute.name} must not be null"
        )
    return attribute.value


def _refuse_unknown(pool: Pool, given: Sequence[idp.AttributeType], *, creating: bool) -> None:
    """Every attribute that the pool lacks; of a new user the custom ones (see `_schema_of`)."""
    names = [one.name for one in given if one.name not in pool.schema]
    unknown = [name for name in names if ":" in name or not creating]
    _refuse_lines(
        [f"{name}: Attribute does not exist in the schema." for name in unknown], creating=creating
    )


def _refuse_lines(troubles: Sequence[str], *, creating: bool) -> None:
    """Cognito names attributes in other words for a new user than for one who exists, and ends
    each with a line break (recorded of SignUp and of UpdateUserAttributes)."""
    start, whose = (_NONCONFORMING, "") if creating else ("", "user.")
    if troubles:
        lines = "".join(f"{whose}{trouble}\n" for trouble in troubles)
        raise idp.InvalidParameterException(start + lines)


def _schema_of(pool: Pool, name: str) -> idp.SchemaAttributeType:
    schema = pool.schema.get(name)
    if schema is not None:
        return schema
    raise idp.InvalidParameterException(
        f"{_NONCONFORMING}Type for attribute {{{name}}} could not be determined"
    )


def _changeable(schema: idp.SchemaAttributeType, name: str) -> None:
    if schema.mutable is False or name in _SYSTEM:
        _refuse_lines([f"{name}: Attribute cannot be updated."], creating=False)


def _required(pool: Pool, name: str) -> bool:
    schema = pool.schema.get(name)
    return schema is not None and schema.required is True and name not in _SYSTEM


def _well_formed(
    schema: idp.SchemaAttributeType, name: str, value: str, troubles: list[str]
) -> str:
    """The value as it is kept. What is wrong with it is added to `troubles`."""
    if name == "email" and not is_email(value):
        raise idp.InvalidParameterException("Invalid email address format.")
    if name == "phone_number" and not is_phone_number(value):
        raise idp.InvalidParameterException("Invalid phone number format.")
    if schema.attribute_data_type == "Boolean":
        value = value.lower()
    check = _CHECKS.get(schema.attribute_data_type or "String", _text)
    trouble = check(schema, value)
    if trouble:
        troubles.append(f"{name}: {trouble}")
    return value


def _text(schema: idp.SchemaAttributeType, value: str) -> str | None:
    """Lengths count characters (code points), whatever the database."""
    limits = schema.string_attribute_constraints or idp.StringAttributeConstraintsType()
    most, least = int(limits.max_length or _LONGEST), int(limits.min_length or 0)
    if len(value) > most:
        return f"String must be no longer than {most} characters"
    if len(value) < least:
        return f"String must be no shorter than {least} characters"
    return None


def _number(schema: idp.SchemaAttributeType, value: str) -> str | None:
    number = _parsed(value)
    if number is None:
        return "Number is not valid"
    limits = schema.number_attribute_constraints or idp.NumberAttributeConstraintsType()
    least, most = _parsed(limits.min_value or ""), _parsed(limits.max_value or "")
    if most is not None and number > most:
        return f"Number must not be greater than {limits.max_value}"
    if least is not None and number < least:
        return f"Number must not be less than {limits.min_value}"
    return None


def _parsed(text: str) -> Decimal | None:
    """A finite decimal number in plain ASCII."""
    if not text.isascii() or len(text) > 64 or "_" in text or text.strip() != text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _boolean(_: idp.SchemaAttributeType, value: str) -> str | None:
    return None if value in _BOOLEANS else "Boolean must be true or false"


def _moment(_: idp.SchemaAttributeType, value: str) -> str | None:
    """ISO 8601, or seconds since the epoch."""
    if _parsed(value) is not None:
        return None
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return "DateTime is not valid"
    return None


_CHECKS: dict[str, Callable[[idp.SchemaAttributeType, str], str | None]] = {
    "Number": _number,
    "Boolean": _boolean,
    "DateTime": _moment,
}
