"""Devices of an identity, each with the AWS SDK and the identity's own credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.house import ACCOUNT, TestHouse

Keys = dict[str, str]

PROVIDER = "login.example"
GUEST, USER = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("guest", "user"))


@dataclass
class Pool:
    """An identity pool with guests and a developer's users, whose roles iam need not know."""

    house: TestHouse
    admin: Any
    id: str

    def guest(self) -> str:
        public = self.house.unsigned("cognito-identity")
        found: str = public.get_id(IdentityPoolId=self.id)["IdentityId"]
        return found

    def user(self, name: str) -> tuple[str, dict[str, str]]:
        """The identity of a developer's user, and its logins."""
        made = self.admin.get_open_id_token_for_developer_identity(
            IdentityPoolId=self.id, Logins={PROVIDER: name}
        )
        return made["IdentityId"], {"cognito-identity.amazonaws.com": made["Token"]}

    def merge(self, source: str, destination: str) -> None:
        self.admin.merge_developer_identities(
            IdentityPoolId=self.id,
            DeveloperProviderName=PROVIDER,
            SourceUserIdentifier=source,
            DestinationUserIdentifier=destination,
        )

    def keys(self, identity_id: str, logins: dict[str, str] | None = None) -> Keys:
        public = self.house.unsigned("cognito-identity")
        given = {"Logins": logins} if logins else {}
        answer = public.get_credentials_for_identity(IdentityId=identity_id, **given)
        made = answer["Credentials"]
        return {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretKey"],
            "aws_session_token": made["SessionToken"],
        }


def pool(house: TestHouse) -> Pool:
    admin = house.client("cognito-identity")
    made = admin.create_identity_pool(
        IdentityPoolName="app", AllowUnauthenticatedIdentities=True, DeveloperProviderName=PROVIDER
    )["IdentityPoolId"]
    roles = {"authenticated": USER, "unauthenticated": GUEST}
    admin.set_identity_pool_roles(IdentityPoolId=made, Roles=roles)
    return Pool(house, admin, made)


def replace(key: str, value: str, count: int = 0, **more: Any) -> dict[str, Any]:
    return {"Op": "replace", "Key": key, "Value": value, "SyncCount": count, **more}


def remove(key: str, count: int = 0) -> dict[str, Any]:
    return {"Op": "remove", "Key": key, "SyncCount": count}


@dataclass
class Device:
    """A client of Cognito Sync that speaks of one identity."""

    sync: Any
    pool_id: str
    identity_id: str

    @property
    def where(self) -> dict[str, str]:
        return {"IdentityPoolId": self.pool_id, "IdentityId": self.identity_id}

    def list(self, dataset: str, **more: Any) -> Any:
        return self.sync.list_records(**self.where, DatasetName=dataset, **more)

    def token(self, dataset: str) -> str:
        found: str = self.list(dataset)["SyncSessionToken"]
        return found

    def write(self, dataset: str, *patches: Any, token: str = "", **more: Any) -> Any:
        answer = self.sync.update_records(
            **self.where,
            DatasetName=dataset,
            SyncSessionToken=token or self.token(dataset),
            RecordPatches=list(patches),
            **more,
        )
        return answer["Records"]

    def describe(self, dataset: str) -> Any:
        return self.sync.describe_dataset(**self.where, DatasetName=dataset)["Dataset"]

    def delete(self, dataset: str) -> Any:
        return self.sync.delete_dataset(**self.where, DatasetName=dataset)["Dataset"]

    def names(self) -> Any:
        found = self.sync.list_datasets(**self.where)["Datasets"]
        return [dataset["DatasetName"] for dataset in found]

    def values(self, dataset: str, **more: Any) -> Any:
        """Keys, values and counts, in the order of change; no value where removed."""
        found = self.list(dataset, **more)["Records"]
        return [(record["Key"], record.get("Value"), record["SyncCount"]) for record in found]


def device(of: Pool, identity_id: str = "", logins: dict[str, str] | None = None) -> Device:
    """A device of the identity, or of a new guest."""
    identity_id = identity_id or of.guest()
    client = of.house.client("cognito-sync", **of.keys(identity_id, logins))
    return Device(client, of.id, identity_id)


def developer(of: Pool, identity_id: str, **keys: str) -> Device:
    """The same with the root's credentials, or others."""
    return Device(of.house.client("cognito-sync", **keys), of.id, identity_id)
