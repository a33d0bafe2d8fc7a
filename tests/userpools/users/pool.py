"""Pools as the tests of users need them: every standard attribute, and some of their own."""

from __future__ import annotations

from typing import Any

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from tests.support.house import TestHouse

TEXTS = (
    "name given_name family_name middle_name nickname preferred_username profile picture website "
    "email gender zoneinfo locale phone_number address"
).split()
EMAIL, PHONE = "ann@example.com", "+12065550100"


def text(
    name: str, *, least: int = 0, most: int = 2048, mutable: bool = True, required: bool = False
) -> idp.SchemaAttributeType:
    return idp.SchemaAttributeType(
        name=name,
        attribute_data_type="String",
        mutable=mutable,
        required=required,
        string_attribute_constraints=idp.StringAttributeConstraintsType(
            min_length=str(least), max_length=str(most)
        ),
    )


def typed(name: str, kind: str, **limits: str) -> idp.SchemaAttributeType:
    constraints = idp.NumberAttributeConstraintsType(**limits) if kind == "Number" else None
    return idp.SchemaAttributeType(
        name=name,
        attribute_data_type=kind,
        mutable=True,
        required=False,
        number_attribute_constraints=constraints,
    )


def schema(*required: str) -> list[idp.SchemaAttributeType]:
    return [
        text("sub", least=1, mutable=False, required=True),
        *(text(name, required=name in required) for name in TEXTS),
        text("birthdate", least=10, most=10),
        typed("email_verified", "Boolean"),
        typed("phone_number_verified", "Boolean"),
        typed("updated_at", "Number", min_value="0"),
        text("identities"),
        text("custom:note", most=5),
        text("custom:tenant", mutable=False),
        text("custom:role"),
        text("dev:custom:plan"),
        typed("custom:age", "Number", min_value="1", max_value="150"),
        typed("custom:since", "DateTime"),
        typed("custom:vip", "Boolean"),
    ]


def pool(*required: str, sensitive: bool = False, **settings: Any) -> Pool:
    """A pool that is in no database."""
    made = idp.UserPoolType(
        schema_attributes=schema(*required),
        username_configuration=idp.UsernameConfigurationType(case_sensitive=sensitive),
        **settings,
    )
    return Pool(ids.user_pool("us-east-1"), "us-east-1", "tests", made, 1, 1.0, 1.0)


def client(of: Pool, **settings: Any) -> Client:
    made = idp.UserPoolClientType(**settings)
    return Client(ids.client(), of.id, "tests", made, False, 1, 1.0, 1.0)


def settled(house: TestHouse, made: Pool, *clients: Client) -> Pool:
    """The pool in the house's database, with its clients."""
    with Unit(house.services.database) as unit:
        Pools(unit).add(made)
        for one in clients:
            Clients(unit, house.services.sealer).add(one)
    return made


def given(**attributes: str) -> list[dict[str, str]]:
    """Attributes as boto3 takes them; `custom_x` stands for `custom:x`."""
    return [
        {"Name": name.replace("custom_", "custom:").replace("dev_", "dev:"), "Value": value}
        for name, value in attributes.items()
    ]


def shown(attributes: list[dict[str, str]]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in attributes}
