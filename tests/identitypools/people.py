"""User pools with people in them, and identity pools that take their tokens, for these tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone
from poolhouse.iam.credentials.session import Session, session_of
from poolhouse.iam.roles.rows import Role
from poolhouse.iam.roles.store import Roles
from poolhouse.kernel.call import Call, Origin
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.signing.store import SigningKeys
from poolhouse.userpools.tokens.mint import Mint
from poolhouse.userpools.users.rows import CONFIRMED, User
from poolhouse.userpools.users.store import Users
from tests.support.house import ACCOUNT, ENDPOINT, REGION, TestHouse

AUTH = f"arn:aws:iam::{ACCOUNT}:role/auth"
GUEST = f"arn:aws:iam::{ACCOUNT}:role/guest"
HIGH = f"arn:aws:iam::{ACCOUNT}:role/high"
COGNITO = "cognito-identity.amazonaws.com"


class People:
    """A user pool: its clients and the tokens of its users."""

    def __init__(self, house: TestHouse) -> None:
        self._house = house
        self.admin = house.client("cognito-identity")
        self.public = house.unsigned("cognito-identity")
        now = house.clock.now()
        self.pool = Pool(ids.user_pool(REGION), REGION, "people", idp.UserPoolType(), 1, now, now)
        with self._unit() as unit:
            SigningKeys(unit, house.services.sealer).at_hand(now)
        with self._unit() as unit:
            Pools(unit).add(self.pool)
            SigningKeys(unit, house.services.sealer).equip(self.pool.id, now)
        self.provider = f"cognito-idp.{REGION}.amazonaws.com/{self.pool.id}"
        self.issuer = f"{ENDPOINT}/{self.pool.id}"
        self.client = self.new_client()

    def _unit(self) -> Unit:
        return Unit(self._house.services.database)

    def new_client(self) -> Client:
        now = self._house.clock.now()
        made = Client(
            ids.client(), self.pool.id, "app", idp.UserPoolClientType(), False, 1, now, now
        )
        with self._unit() as unit:
            Clients(unit, self._house.services.sealer).add(made)
        return made

    def remove_client(self, client: Client) -> None:
        with self._unit() as unit:
            Clients(unit, self._house.services.sealer).remove(self.pool, client.id)

    def user(self, name: str, **attributes: str) -> User:
        now = self._house.clock.now()
        made = User(self.pool.id, ids.random_uuid(), name, CONFIRMED, True, attributes, now, now)
        with self._unit() as unit:
            Users(unit, self.pool).add(made)
        return made

    def id_of(self, name: str) -> str:
        """The `sub` of a user."""
        with self._unit() as unit:
            return Users(unit, self.pool).get(name).sub

    def tokens(self, user: User, client: Client | None = None) -> idp.AuthenticationResultType:
        services = self._house.services
        with self._unit() as unit:
            now = round(services.clock.now(), 3)
            call = Call(Anyone(), unit, services, Origin("a-test"), REGION, now)
            return Mint(call, self.pool, client or self.client).begin(user)

    def id_token(self, user: User, client: Client | None = None) -> str:
        token = self.tokens(user, client).id_token
        assert token is not None
        return token

    def logins(self, user: User, client: Client | None = None) -> dict[str, str]:
        return {self.provider: self.id_token(user, client)}

    def join(self, user: User, group: str, **settings: Any) -> None:
        """Puts the user into a group of that name, made with these settings."""
        client = self._house.client("cognito-idp")
        client.create_group(UserPoolId=self.pool.id, GroupName=group, **settings)
        client.admin_add_user_to_group(
            UserPoolId=self.pool.id, GroupName=group, Username=user.username
        )


@dataclass
class Federation:
    """An identity pool, asked by its administrator (`admin`) and by anyone (`public`)."""

    house: TestHouse
    people: People
    pool_id: str
    admin: Any
    public: Any

    def get_id(self, **logins: Any) -> str:
        found: str = self.public.get_id(IdentityPoolId=self.pool_id, **logins)["IdentityId"]
        return found

    def credentials(self, identity_id: str, logins: Any = None, **more: Any) -> Any:
        given = {"Logins": logins} if logins else {}
        return self.public.get_credentials_for_identity(IdentityId=identity_id, **given, **more)

    def session(self, identity_id: str, logins: Any = None, **more: Any) -> Session:
        """What the session token of the credentials says."""
        answer = self.credentials(identity_id, logins, **more)["Credentials"]
        found = session_of(self.house.services.sealer, answer["SessionToken"])
        assert found is not None
        return found


def federation(house: TestHouse, people: People | None = None, **settings: Any) -> Federation:
    """An identity pool of one user pool and client, with guests, and roles that iam has not."""
    people = people or People(house)
    admin = people.admin
    provider = {"ProviderName": people.provider, "ClientId": people.client.id}
    made = admin.create_identity_pool(
        **{
            "IdentityPoolName": "app",
            "AllowUnauthenticatedIdentities": True,
            "CognitoIdentityProviders": [provider],
            **settings,
        }
    )
    pool_id = made["IdentityPoolId"]
    admin.set_identity_pool_roles(
        IdentityPoolId=pool_id, Roles={"authenticated": AUTH, "unauthenticated": GUEST}
    )
    return Federation(house, people, pool_id, admin, people.public)


def trust(pool_id: str, amr: str, *actions: str) -> str:
    """The trust policy that Cognito's console writes."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": COGNITO},
        "Action": ["sts:AssumeRoleWithWebIdentity", *actions],
        "Condition": {
            "StringEquals": {f"{COGNITO}:aud": pool_id},
            "ForAnyValue:StringLike": {f"{COGNITO}:amr": amr},
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def add_role(house: TestHouse, arn: str, trust_policy: str) -> Role:
    name = arn.rpartition("/")[2]
    role = Role(ids.principal("AROA"), name, "/", arn, trust_policy, None, 3600, None, {}, 1.0)
    with Unit(house.services.database) as unit:
        assert Roles(unit).add(role)
    return role


def admit(house: TestHouse, fed: Federation) -> None:
    """Makes the pool's two roles, each with the trust policy that Cognito's console writes."""
    add_role(house, AUTH, trust(fed.pool_id, "authenticated", "sts:TagSession"))
    add_role(house, GUEST, trust(fed.pool_id, "unauthenticated"))


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return found


def refusal(ask: Callable[..., Any], **members: Any) -> tuple[str, str]:
    """The code and the message with which the server turns the ask away."""
    with pytest.raises(ClientError) as refused:
        ask(**members)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]
