"""Who asks, as far as it has been proved, and the facts of a request that conditions may test.

All facts are the server's own: what it verified, looked up or saw of the connection. Only the user
agent is what the client says of itself, as in AWS.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar, Literal

from msgspec import field

from poolhouse import arns
from poolhouse.access.policy.principals import Principal
from poolhouse.iam.credentials.session import Session
from poolhouse.kernel.call import Origin
from poolhouse.values import Value

Facts = Mapping[str, str | list[str]]

_TYPES = {"root": "Account", "user": "User", "role": "AssumedRole"}


class Actor(Value, frozen=True):
    """A principal. `arn` and `user_id` are what GetCallerIdentity answers; `principal_arn` and
    `principal_id` are those of the user, role or root behind it. `session` is None where it
    signed with a permanent key; `signature` is the one it signed with, good until `spent_by`."""

    secret: ClassVar = frozenset({"signature"})
    kind: Literal["root", "user", "role"]
    arn: str
    user_id: str
    account: str
    principal_arn: str
    principal_id: str
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    session: Session | None = None
    signature: str = ""
    spent_by: float = 0.0

    @property
    def as_principal(self) -> Principal:
        """By all the names that a trust policy may call it."""
        names = dict.fromkeys((self.arn, self.principal_arn, self.principal_id))
        return Principal("AWS", tuple(names), self.account)


def facts_of_request(
    *, region: str, origin: Origin, secure: bool, now: float
) -> dict[str, str | list[str]]:
    """The condition keys of any request, whoever asks."""
    facts: dict[str, str | list[str]] = {
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true" if secure else "false",
        "aws:CurrentTime": _iso(now),
        "aws:EpochTime": str(int(now)),
    }
    if origin.source_ip:
        facts["aws:SourceIp"] = origin.source_ip
    if origin.user_agent:
        facts["aws:UserAgent"] = origin.user_agent
    return facts


def facts_of_resource(resource: str) -> dict[str, str | list[str]]:
    """The condition keys of what is asked for. Its region is the one requested, whichever the
    signature names: in AWS no other region's endpoint would reach it."""
    arn = arns.parse(resource)
    facts: dict[str, str | list[str]] = {}
    if arn is not None and arn.region:
        facts["aws:RequestedRegion"] = arn.region
    if arn is not None and arn.account:
        facts["aws:ResourceAccount"] = arn.account
    return facts


def facts_of_actor(actor: Actor) -> dict[str, str | list[str]]:
    """The condition keys of who asks."""
    facts: dict[str, str | list[str]] = {
        "aws:userid": actor.user_id,
        "aws:PrincipalArn": actor.principal_arn,
        "aws:PrincipalAccount": actor.account,
        "aws:ResourceAccount": actor.account,
        "aws:PrincipalType": _TYPES[actor.kind],
    }
    if actor.kind == "user":
        facts["aws:username"] = actor.name
    if actor.session is not None:
        facts |= _facts_of_session(actor.session)
    return facts | {f"aws:PrincipalTag/{name}": value for name, value in actor.tags.items()}


def _facts_of_session(session: Session) -> dict[str, str | list[str]]:
    facts = dict(session.context)
    facts["aws:TokenIssueTime"] = _iso(session.issued_at)
    if "aws:FederatedProvider" not in facts:
        facts["aws:MultiFactorAuthPresent"] = "false"
    if session.source_identity:
        facts["aws:SourceIdentity"] = session.source_identity
    return facts


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
