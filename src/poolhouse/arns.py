"""Amazon Resource Names: made here, taken apart here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arn:
    """`arn:partition:service:region:account:resource`."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        parts = self.partition, self.service, self.region, self.account, self.resource
        return "arn:" + ":".join(parts)


def parse(text: str) -> Arn | None:
    """The parts of an ARN, or None where the text is not one."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        return None
    return Arn(*parts[1:])


def region_of(pool_id: str) -> str:
    """The region in a user pool id (`us-east-1_x`) or an identity pool id (`us-east-1:uuid`)."""
    return pool_id.replace(":", "_", 1).split("_", 1)[0]


def user_pool(account: str, pool_id: str) -> str:
    return f"arn:aws:cognito-idp:{region_of(pool_id)}:{account}:userpool/{pool_id}"


def identity_pool(account: str, pool_id: str) -> str:
    return f"arn:aws:cognito-identity:{region_of(pool_id)}:{account}:identitypool/{pool_id}"


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def role(account: str, path: str, name: str) -> str:
    return f"arn:aws:iam::{account}:role{path}{name}"


def user(account: str, path: str, name: str) -> str:
    return f"arn:aws:iam::{account}:user{path}{name}"


def assumed_role(account: str, role_name: str, session: str) -> str:
    return f"arn:aws:sts::{account}:assumed-role/{role_name}/{session}"
