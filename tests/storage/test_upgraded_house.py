"""A house whose people came before a migration: they go on living in it, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData

from poolhouse.storage import migrating
from poolhouse.storage.engine import Database
from tests.storage.schema import EARLY, made_early
from tests.support.house import TestHouse, furnished, settings_for
from tests.support.signing_in import FLOWS, PASSWORD, SrpClient

Rows = dict[str, list[dict[str, Any]]]
ANN = {"USERNAME": "ann", "PASSWORD": PASSWORD}
# Those that an administrator may change at 0001 are set, so that there is something to lose.
SET: dict[str, Any] = {
    "Policies": {"PasswordPolicy": {"MinimumLength": 12, "RequireSymbols": True}},
    "AutoVerifiedAttributes": ["email"],
    "UserPoolTags": {"team": "pool"},
    "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": False},
}


def read(connection: Connection) -> Rows:
    tables = MetaData()
    tables.reflect(connection)
    return {
        table.name: [dict(row._mapping) for row in connection.execute(table.select())]
        for table in tables.sorted_tables
        if table.name != "alembic_version"
    }


def write(connection: Connection, rows: Rows) -> None:
    """What of the rows the tables of this revision can hold."""
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        for row in rows.get(table.name, []):
            held = {name: value for name, value in row.items() if name in table.columns}
            connection.execute(table.insert().values(held))


def inhabit(house: TestHouse) -> dict[str, Any]:
    """A pool with a client, a group and a user who is signed in, and an identity of hers."""
    idp, identity = house.client("cognito-idp"), house.client("cognito-identity")
    pool = idp.create_user_pool(PoolName="old", **SET)["UserPool"]["Id"]
    client = idp.create_user_pool_client(UserPoolId=pool, ClientName="c", ExplicitAuthFlows=FLOWS)
    client_id = client["UserPoolClient"]["ClientId"]
    named = {"UserPoolId": pool, "Username": "ann"}
    idp.admin_create_user(
        **named,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "a@b.example"}],
    )
    idp.admin_set_user_password(**named, Password=PASSWORD, Permanent=True)
    idp.create_group(UserPoolId=pool, GroupName="staff")
    idp.admin_add_user_to_group(**named, GroupName="staff")
    found = house.unsigned("cognito-idp").initiate_auth(
        ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=ANN
    )
    provider = {
        "ProviderName": f"cognito-idp.us-east-1.amazonaws.com/{pool}",
        "ClientId": client_id,
    }
    identities = identity.create_identity_pool(
        IdentityPoolName="old",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[provider],
    )["IdentityPoolId"]
    tokens = found["AuthenticationResult"]
    logins = {provider["ProviderName"]: tokens["IdToken"]}
    return {
        "pool": pool,
        "client": client_id,
        "tokens": tokens,
        "identities": {"IdentityPoolId": identities, "Logins": logins},
        "identity": identity.get_id(IdentityPoolId=identities, Logins=logins)["IdentityId"],
        "seen": shown(house, pool, client_id),
    }


def shown(house: TestHouse, pool: str, client_id: str) -> list[Any]:
    """All that the API says of them."""
    idp = house.client("cognito-idp")
    answers = [
        idp.describe_user_pool(UserPoolId=pool)["UserPool"],
        idp.describe_user_pool_client(UserPoolId=pool, ClientId=client_id)["UserPoolClient"],
        idp.admin_get_user(UserPoolId=pool, Username="ann"),
        idp.admin_list_groups_for_user(UserPoolId=pool, Username="ann")["Groups"],
        idp.get_user_pool_mfa_config(UserPoolId=pool),
    ]
    for answer in answers:
        if isinstance(answer, dict):
            answer.pop("ResponseMetadata", None)
    return answers


def at(url: str, revision: str, rows: Rows | None = None, *, lacking: int = 0) -> None:
    """The database at this revision, and the rows in it."""
    database = Database(url)
    if lacking:
        made_early(database, revision, lacking)
    migrating.upgrade(database, revision)
    with database.engine.begin() as connection:
        write(connection, rows or {})
    database.close()


@pytest.mark.parametrize("lacking", [0, len(EARLY)], ids=["", "of the first days"])
@pytest.mark.parametrize("revision", migrating.revisions()[:-1])
def test_who_came_before_a_migration_goes_on_after_it(
    revision: str, lacking: int, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """REL-15: signed in or not, with all that was set of them; and may use what is new."""
    first, second = new_database(), new_database()
    at(first, migrating.head())
    with furnished(settings_for(tmp_path, first)) as house:
        before = inhabit(house)
        with house.services.database.engine.connect() as connection:
            rows = read(connection)
    at(second, revision, rows, lacking=lacking)
    at(second, migrating.head())
    with furnished(settings_for(tmp_path, second)) as house:
        _go_on(house, before)


def _go_on(house: TestHouse, before: dict[str, Any]) -> None:
    pool, client = before["pool"], {"ClientId": before["client"]}
    assert shown(house, pool, before["client"]) == before["seen"]
    app, tokens = house.unsigned("cognito-idp"), before["tokens"]
    assert app.get_user(AccessToken=tokens["AccessToken"])["Username"] == "ann"
    app.initiate_auth(
        **client,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )
    again = house.unsigned("cognito-identity").get_id(**before["identities"])
    assert again["IdentityId"] == before["identity"]
    srp = SrpClient(pool, "ann", PASSWORD)
    begun = app.initiate_auth(
        **client,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "ann", "SRP_A": f"{srp.big_a:x}"},
    )
    app.respond_to_auth_challenge(
        **client,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=srp.answer(begun["ChallengeParameters"]),
    )
    fresh = app.initiate_auth(**client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=ANN)
    token = fresh["AuthenticationResult"]["AccessToken"]
    house.client("cognito-idp").set_user_pool_mfa_config(
        UserPoolId=pool,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    assert app.associate_software_token(AccessToken=token)["SecretCode"]
    app.global_sign_out(AccessToken=token)
