"""The schema of a pool: the standard attributes, what may be changed of them, custom ones.

Source: "Working with user attributes", developer guide; order and constraints as recorded from
DescribeUserPool. Constraints are numbers written as strings.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rules.constraints import checked_length, checked_number

MOST_CUSTOM = 50
CUSTOM = "custom:"
DEVELOPER_ONLY = "dev:custom:"

STANDARD = (
    "sub name given_name family_name middle_name nickname preferred_username profile picture "
    "website email email_verified gender birthdate zoneinfo locale phone_number "
    "phone_number_verified address updated_at identities"
).split()
# What no application writes: the pool itself does, or a verification.
NEVER_WRITABLE = frozenset(["sub", "identities", "email_verified", "phone_number_verified"])

_LENGTHS = {"sub": ("1", "2048"), "birthdate": ("10", "10")}
_TYPES = {"email_verified": "Boolean", "phone_number_verified": "Boolean", "updated_at": "Number"}

Attribute = idp.SchemaAttributeType


def schema_of(asked: Sequence[Attribute]) -> list[Attribute]:
    """The whole schema of a new pool: all standard attributes with the caller's changes, then
    the custom ones under their prefixed names. Raises InvalidParameterException."""
    standard = {name: _standard(name) for name in STANDARD}
    custom, changed = [], set()
    for attribute in asked:
        name = _name(attribute)
        if name not in standard:
            custom.append(attribute)
            continue
        if name in changed:
            raise _taken(name)
        changed.add(name)
        standard[name] = _changed(standard[name], attribute)
    return with_custom(list(standard.values()), custom)


def with_custom(schema: Sequence[Attribute], added: Sequence[Attribute]) -> list[Attribute]:
    """The schema with custom attributes added to it. None is ever changed or removed."""
    names = {attribute.name for attribute in schema}
    grown = list(schema)
    for attribute in added:
        made = _custom(attribute)
        if made.name in names:
            raise _taken(made.name)
        names.add(made.name)
        grown.append(made)
    if len(grown) - len(STANDARD) > MOST_CUSTOM:
        raise idp.InvalidParameterException(
            f"A user pool can have at most {MOST_CUSTOM} custom attributes."
        )
    return grown


def _standard(name: str) -> Attribute:
    kind = _TYPES.get(name, "String")
    length = idp.StringAttributeConstraintsType()
    if name != "identities":
        least, most = _LENGTHS.get(name, ("0", "2048"))
        length = idp.StringAttributeConstraintsType(min_length=least, max_length=most)
    number = idp.NumberAttributeConstraintsType(min_value="0")
    return Attribute(
        name=name,
        attribute_data_type=kind,
        developer_only_attribute=False,
        mutable=name != "sub",
        required=name == "sub",
        string_attribute_constraints=length if kind == "String" else None,
        number_attribute_constraints=number if kind == "Number" else None,
    )


def _changed(usual: Attribute, asked: Attribute) -> Attribute:
    """A standard attribute as the caller wants it. What is named in a schema without saying that
    it is mutable becomes immutable, as observed of Cognito. `sub` stays as it is."""
    name, kind = _name(asked), usual.attribute_data_type
    if asked.attribute_data_type not in (None, kind) or asked.developer_only_attribute:
        raise idp.InvalidParameterException(
            "You can not change AttributeDataType or set developerOnlyAttribute for standard "
            f"schema attribute {name}"
        )
    if name == "sub":
        return usual
    return msgspec.structs.replace(
        usual,
        mutable=bool(asked.mutable),
        required=bool(asked.required),
        string_attribute_constraints=checked_length(
            name, kind, asked.string_attribute_constraints, usual.string_attribute_constraints
        ),
        number_attribute_constraints=checked_number(
            name, kind, asked.number_attribute_constraints, usual.number_attribute_constraints
        ),
    )


def _custom(asked: Attribute) -> Attribute:
    """Limits that were not given are shown as an empty object, as AWS shows them: a Terraform
    plan with `string_attribute_constraints {}` finds no difference."""
    kind, developer_only = asked.attribute_data_type, bool(asked.developer_only_attribute)
    name = (DEVELOPER_ONLY if developer_only else CUSTOM) + _name(asked)
    if kind is None:
        raise idp.InvalidParameterException(
            "Invalid AttributeDataType input, consider using the provided AttributeDataType enum."
        )
    if asked.required:
        raise idp.InvalidParameterException(
            "Required custom attributes are not supported currently."
        )
    return Attribute(
        name=name,
        attribute_data_type=kind,
        developer_only_attribute=developer_only,
        mutable=bool(asked.mutable),
        required=False,
        string_attribute_constraints=checked_length(
            name,
            kind,
            asked.string_attribute_constraints,
            idp.StringAttributeConstraintsType() if kind == "String" else None,
        ),
        number_attribute_constraints=checked_number(
            name,
            kind,
            asked.number_attribute_constraints,
            idp.NumberAttributeConstraintsType() if kind == "Number" else None,
        ),
    )


def _name(attribute: Attribute) -> str:
    if not attribute.name:
        raise idp.InvalidParameterException("A schema attribute needs a name.")
    return attribute.name


def _taken(name: str | None) -> idp.InvalidParameterException:
    return idp.InvalidParameterException(f"{name}: Existing attribute already has name {name}.")
