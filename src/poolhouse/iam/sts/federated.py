"""A role for the bearer of somebody else's token, whom another room has recognised.

The seam of AssumeRoleWithWebIdentity: identity pools verify the token, say as a `WebIdentity` who
it is, and answer with what `assume_role_with_web_identity` makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from poolhouse.access.policy.evaluate import trusts
from poolhouse.access.policy.principals import Principal
from poolhouse.access.resources import of_request_tags
from poolhouse.contract import sts as api
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.iam.credentials.actors import Facts, facts_of_request, facts_of_resource
from poolhouse.iam.credentials.issue import issue
from poolhouse.iam.permission import of_holder
from poolhouse.iam.policies.rules import trust_policy
from poolhouse.iam.roles.rows import Role
from poolhouse.iam.roles.store import Roles
from poolhouse.iam.sts.narrowing import as_credentials, narrowing, packed_size
from poolhouse.iam.sts.rules import lifetime_of_role
from poolhouse.kernel.call import Call


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Whom a verified token speaks of.

    `provider` is as trust policies write it (`cognito-identity.amazonaws.com`, or the ARN of an
    OIDC provider); `context` holds its condition keys (`cognito-identity.amazonaws.com:aud`,
    `:amr` as a list, `:sub`), `tags` its principal tags.
    """

    provider: str
    subject: str
    audience: str
    context: Mapping[str, str | list[str]]
    tags: Mapping[str, str] = field(default_factory=dict)


def refused_action(
    role: Role, identity: WebIdentity, session_name: str, request: Facts
) -> str | None:
    """The first action that the role's trust policy does not let the identity do, None where it
    lets it in. Tags need sts:TagSession besides. `request` are the facts of the request."""
    facts = {
        **request,
        **facts_of_resource(role.arn),
        **of_holder(role.tags, None),
        **identity.context,
        **of_request_tags(identity.tags),
        "aws:FederatedProvider": identity.provider,
        "sts:RoleSessionName": session_name,
    }
    actions = ["sts:AssumeRoleWithWebIdentity"]
    if identity.tags:
        actions.append("sts:TagSession")
    principal, policy = Principal("Federated", (identity.provider,)), trust_policy(role.trust)
    for action in actions:
        if not trusts(policy, action=action, principal=principal, context=facts):
            return action
    return None


def session_context(identity: WebIdentity) -> dict[str, str | list[str]]:
    """What the session's policies may test for as long as it lives."""
    return {**identity.context, "aws:FederatedProvider": identity.provider}


def assume_role_with_web_identity(
    call: Call[Any], ask: api.AssumeRoleWithWebIdentityRequest, identity: WebIdentity
) -> api.AssumeRoleWithWebIdentityResponse:
    """Credentials of the role for the bearer of a token that was verified.

    Raises:
        Refused: ACCESS_DENIED where the role does not exist or does not trust the identity,
            INVALID for a duration beyond the role's.
        MalformedPolicyDocumentException, PackedPolicyTooLargeException: the session policies.
    """
    role = Roles(call.unit).by_arn(ask.role_arn)
    secure = call.services.settings.issuer_base.startswith("https://")
    request = facts_of_request(region=call.region, origin=call.origin, secure=secure, now=call.now)
    action: str | None = "sts:AssumeRoleWithWebIdentity"
    if role is not None:
        action = refused_action(role, identity, ask.role_session_name, request)
    if role is None or action is not None:
        raise Refused(Refusal.ACCESS_DENIED, f"Not authorized to perform {action}")
    lifetime = lifetime_of_role(ask.duration_seconds, role.max_session, chained=False)
    narrowed = narrowing(call.unit, ask.policy, ask.policy_arns)
    issued = issue(
        call.services,
        role_arn=role.arn,
        role_id=role.id,
        session_name=ask.role_session_name,
        lifetime=lifetime,
        now=call.now,
        session_policies=narrowed.policies,
        policy_arns=narrowed.policy_arns,
        context=session_context(identity),
        tags=identity.tags,
    )
    return api.AssumeRoleWithWebIdentityResponse(
        assumed_role_user=api.AssumedRoleUser(arn=issued.arn, assumed_role_id=issued.user_id),
        audience=identity.audience,
        credentials=as_credentials(issued),
        packed_policy_size=packed_size(issued, narrowed, identity.tags),
        provider=identity.provider,
        subject_from_web_identity_token=identity.subject,
    )
