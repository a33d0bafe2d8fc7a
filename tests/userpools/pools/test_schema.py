"""The schema of a pool, pure: standard attributes, changes to them, custom ones."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rules.schema import STANDARD, schema_of, with_custom

Lengths = idp.StringAttributeConstraintsType
Numbers = idp.NumberAttributeConstraintsType
FIXED = (
    "You can not change AttributeDataType or set developerOnlyAttribute for standard schema "
    "attribute {}"
)


def attribute(name: str, kind: str | None = "String", **more: Any) -> idp.SchemaAttributeType:
    return idp.SchemaAttributeType(name=name, attribute_data_type=kind, **more)


def named(schema: list[idp.SchemaAttributeType], name: str) -> idp.SchemaAttributeType:
    return next(each for each in schema if each.name == name)


def refused(*asked: idp.SchemaAttributeType) -> str:
    with pytest.raises(idp.InvalidParameterException) as caught:
        schema_of(asked)
    return caught.value.message


def test_the_standard_schema_is_cognitos_in_its_order() -> None:
    found = schema_of(())
    assert [each.name for each in found] == STANDARD
    assert STANDARD[0] == "sub"
    assert STANDARD[-2:] == ["updated_at", "identities"]
    sub, birthdate = named(found, "sub"), named(found, "birthdate")
    assert (sub.mutable, sub.required) == (False, True)
    assert sub.string_attribute_constraints == Lengths(min_length="1", max_length="2048")
    assert birthdate.string_attribute_constraints == Lengths(min_length="10", max_length="10")
    assert named(found, "email_verified").attribute_data_type == "Boolean"
    assert named(found, "email_verified").string_attribute_constraints is None
    assert named(found, "updated_at").number_attribute_constraints == Numbers(min_value="0")
    assert named(found, "identities").string_attribute_constraints == Lengths()
    others = [each for each in found if each.name != "sub"]
    assert all(each.mutable and not each.required for each in others)
    assert not any(each.developer_only_attribute for each in found)


def test_standard_attributes_take_the_callers_changes() -> None:
    found = schema_of(
        [
            attribute("email", required=True, mutable=True),
            attribute(
                "given_name",
                None,
                mutable=True,
                string_attribute_constraints=Lengths(max_length="255"),
            ),
        ]
    )
    assert len(found) == len(STANDARD)
    assert named(found, "email").required
    assert named(found, "email").string_attribute_constraints == Lengths(
        min_length="0", max_length="2048"
    )
    given_name = named(found, "given_name").string_attribute_constraints
    assert given_name == Lengths(max_length="255")


def test_an_attribute_that_is_named_without_mutable_is_immutable() -> None:
    """Observed of Cognito (aws-cdk issue 8624): false where named, true where not."""
    found = schema_of([attribute("email", None, required=True), attribute("plan")])
    assert named(found, "email").mutable is False
    assert named(found, "custom:plan").mutable is False
    assert named(found, "name").mutable is True


def test_sub_cannot_be_changed() -> None:
    found = schema_of([attribute("sub", mutable=True, required=False)])
    assert named(found, "sub") == named(schema_of(()), "sub")


def test_custom_attributes_come_last_with_their_prefix() -> None:
    found = schema_of(
        [
            attribute("tier", mutable=True, string_attribute_constraints=Lengths(max_length="8")),
            attribute("plan", developer_only_attribute=True),
            attribute("age", "Number", mutable=True),
            attribute("vip", "Boolean"),
            attribute("since", "DateTime"),
            attribute("free"),
        ]
    )
    assert [each.name for each in found[len(STANDARD) :]] == [
        "custom:tier",
        "dev:custom:plan",
        "custom:age",
        "custom:vip",
        "custom:since",
        "custom:free",
    ]
    tier = named(found, "custom:tier").string_attribute_constraints
    assert tier == Lengths(max_length="8")
    free = named(found, "custom:free").string_attribute_constraints
    assert free == Lengths()
    assert named(found, "custom:age").number_attribute_constraints == Numbers()
    assert named(found, "custom:vip").string_attribute_constraints is None
    assert named(found, "dev:custom:plan").developer_only_attribute is True


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            [attribute("email", "Number")],
            FIXED.format("email"),
        ),
        (
            [attribute("name", developer_only_attribute=True)],
            FIXED.format("name"),
        ),
        (
            [attribute("x", required=True)],
            "Required custom attributes are not supported currently.",
        ),
        (
            [attribute("x", None)],
            "Invalid AttributeDataType input, consider using the provided AttributeDataType enum.",
        ),
        (
            [attribute("x"), attribute("x", "Number")],
            "custom:x: Existing attribute already has name custom:x.",
        ),
        (
            [attribute("email", mutable=True), attribute("email", required=True)],
            "email: Existing attribute already has name email.",
        ),
        (
            [attribute("x", string_attribute_constraints=Lengths(max_length="2049"))],
            "user.custom:x: String attributes cannot have a length of more than 2048",
        ),
        (
            [attribute("x", string_attribute_constraints=Lengths(min_length="5", max_length="4"))],
            "user.custom:x: Max length cannot be less than min length.",
        ),
        (
            [
                attribute(
                    "x",
                    "Number",
                    number_attribute_constraints=Numbers(min_value="1.5", max_value="-2"),
                )
            ],
            "user.custom:x: Max value cannot be less than min value.",
        ),
        (
            [attribute("x", "Number", string_attribute_constraints=Lengths(max_length="4"))],
            "user.custom:x: StringAttributeConstraints cannot be set for the type Number.",
        ),
        (
            [attribute("x", number_attribute_constraints=Numbers(max_value="4"))],
            "user.custom:x: NumberAttributeConstraints cannot be set for the type String.",
        ),
        (
            [attribute("x", string_attribute_constraints=Lengths(min_length="four"))],
            "user.custom:x: MinLength and MaxLength must be whole numbers.",
        ),
        (
            [attribute("x", "Number", number_attribute_constraints=Numbers(max_value="1e9"))],
            "user.custom:x: MinValue and MaxValue must be numbers.",
        ),
        (
            [attribute("x", "Number", number_attribute_constraints=Numbers(max_value="٣"))],
            "user.custom:x: MinValue and MaxValue must be numbers.",
        ),
        ([idp.SchemaAttributeType(mutable=True)], "A schema attribute needs a name."),
    ],
)
def test_a_schema_that_cannot_be_is_refused(
    asked: list[idp.SchemaAttributeType], message: str
) -> None:
    assert refused(*asked) == message


def test_a_pool_has_fifty_custom_attributes_at_most() -> None:
    full = schema_of([attribute(f"a{n}") for n in range(50)])
    assert len(full) == len(STANDARD) + 50
    with pytest.raises(idp.InvalidParameterException, match="at most 50"):
        with_custom(full, [attribute("one_more")])


def test_added_attributes_are_custom_even_under_a_standard_name() -> None:
    grown = with_custom(schema_of(()), [attribute("email"), attribute("custom:x")])
    assert [each.name for each in grown[-2:]] == ["custom:email", "custom:custom:x"]


numbers = st.one_of(st.none(), st.integers(-5, 3000).map(str), st.sampled_from(["", "x", "1.5"]))
attributes = st.builds(
    idp.SchemaAttributeType,
    name=st.one_of(st.sampled_from(STANDARD), st.text("abπ-:", min_size=1, max_size=4)),
    attribute_data_type=st.sampled_from([None, "String", "Number", "DateTime", "Boolean"]),
    developer_only_attribute=st.sampled_from([None, True, False]),
    mutable=st.sampled_from([None, True, False]),
    required=st.sampled_from([None, True, False]),
    string_attribute_constraints=st.one_of(
        st.none(), st.builds(Lengths, min_length=numbers, max_length=numbers)
    ),
    number_attribute_constraints=st.one_of(
        st.none(), st.builds(Numbers, min_value=numbers, max_value=numbers)
    ),
)


@given(st.lists(attributes, max_size=6))
def test_any_accepted_schema_is_kept_as_it_was_accepted(
    asked: list[idp.SchemaAttributeType],
) -> None:
    """Through the text it is stored as, and what is described of a standard attribute can be
    asked for again."""
    try:
        found = schema_of(asked)
    except idp.InvalidParameterException:
        return
    kept = msgspec.json.encode(idp.UserPoolType(schema_attributes=found))
    assert msgspec.json.decode(kept, type=idp.UserPoolType).schema_attributes == found
    assert len({each.name for each in found}) == len(found)
    assert schema_of(found[: len(STANDARD)])[: len(STANDARD)] == found[: len(STANDARD)]
    for each in asked:
        assert {str(each.name), f"custom:{each.name}", f"dev:custom:{each.name}"} & {
            other.name for other in found
        }
