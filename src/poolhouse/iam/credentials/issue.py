"""Temporary credentials: an access key, its secret, and the sealed token that explains both."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from poolhouse import arns, ids
from poolhouse.contract import sts
from poolhouse.iam.credentials.session import LONGEST_TOKEN, Session, token_of
from poolhouse.kernel.services import Services


@dataclass(frozen=True, slots=True)
class Issued:
    """`arn` and `user_id` are what GetCallerIdentity will answer; `expires_at` is in epoch
    seconds; `packed` is how much of the room for policies and tags is taken, in percent."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at: float
    arn: str
    user_id: str
    packed: int


def issue(
    services: Services,
    *,
    role_arn: str,
    role_id: str | None,
    session_name: str,
    lifetime: int,
    now: float,
    session_policies: Sequence[str] = (),
    policy_arns: Sequence[str] = (),
    context: Mapping[str, str | list[str]] | None = None,
    tags: Mapping[str, str] | None = None,
    transitive_tags: Sequence[str] = (),
    source_identity: str = "",
) -> Issued:
    """Credentials of a session of the role for `lifetime` seconds.

    `role_id` is None for a role that iam does not know: the session then permits nothing.
    `session_policies` (texts that were checked) and `policy_arns` narrow what the role permits.
    `context` are condition keys of the sign-in, `tags` become `aws:PrincipalTag/…`.

    Raises:
        PackedPolicyTooLargeException: policies and tags do not fit into a session token.
    """
    found = arns.parse(role_arn)
    account = found.account if found else services.settings.account_id
    return _issued(
        services,
        Session(
            access_key_id=ids.access_key("ASIA"),
            secret=ids.secret_key(),
            kind="role",
            principal_arn=role_arn,
            principal_id=role_id or _id_of_unknown(services, role_arn),
            known=role_id is not None,
            name=session_name,
            issued_at=now,
            expires_at=float(int(now) + lifetime),
            policies=list(session_policies),
            policy_arns=list(policy_arns),
            context=dict(context or {}),
            tags=dict(tags or {}),
            transitive_tags=list(transitive_tags),
            source_identity=source_identity,
        ),
        arns.assumed_role(account, role_arn.rpartition("/")[2], session_name),
    )


def issue_to_holder(
    services: Services,
    kind: Literal["user", "root"],
    *,
    arn: str,
    principal_id: str,
    lifetime: int,
    now: float,
) -> Issued:
    """Temporary credentials of an IAM user or the root themselves (GetSessionToken)."""
    session = Session(
        access_key_id=ids.access_key("ASIA"),
        secret=ids.secret_key(),
        kind=kind,
        principal_arn=arn,
        principal_id=principal_id,
        known=True,
        name="",
        issued_at=now,
        expires_at=float(int(now) + lifetime),
    )
    return _issued(services, session, arn)


def _issued(services: Services, session: Session, arn: str) -> Issued:
    token = token_of(services.sealer, session)
    if len(token) > LONGEST_TOKEN:
        raise sts.PackedPolicyTooLargeException(
            "The session policies and session tags are larger than a session token can hold."
        )
    named = f"{session.principal_id}:{session.name}" if session.name else session.principal_id
    return Issued(
        session.access_key_id,
        session.secret,
        token,
        session.expires_at,
        arn,
        named,
        -(-len(token) * 100 // LONGEST_TOKEN),
    )


def _id_of_unknown(services: Services, role_arn: str) -> str:
    """An id as a role has it, the same each time for the same ARN."""
    octets = services.sealer.mac(role_arn.encode(), "unknown role")
    return "AROA" + base64.b32encode(octets).decode()[:17]
