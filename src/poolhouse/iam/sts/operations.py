"""The verbs of STS for those who sign."""

from __future__ import annotations

from poolhouse.access.resources import of_request_tags
from poolhouse.contract import sts as api
from poolhouse.contract.callers import Signed
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.iam.credentials.actors import Actor
from poolhouse.iam.credentials.authority import actor_of
from poolhouse.iam.credentials.issue import issue, issue_to_holder
from poolhouse.iam.roles.store import Roles
from poolhouse.iam.sts.narrowing import as_credentials, narrowing, packed_size
from poolhouse.iam.sts.rules import lifetime_of_role, lifetime_of_session_token
from poolhouse.iam.sts.trusting import check_may_assume
from poolhouse.iam.tags import tags_of
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs


@performs(api.GetCallerIdentity, open_to_all=True)
def get_caller_identity(
    call: Call[Signed], ask: api.GetCallerIdentityRequest
) -> api.GetCallerIdentityResponse:
    """Who signed; nobody needs a permission to learn that of themselves."""
    caller = call.caller
    return api.GetCallerIdentityResponse(
        account=caller.account, arn=caller.arn, user_id=caller.user_id
    )


@performs(api.AssumeRole, open_to_all=True, once=True)
def assume_role(call: Call[Signed], ask: api.AssumeRoleRequest) -> api.AssumeRoleResponse:
    """Credentials of a role that trusts the caller, narrowed where the caller wants them so."""
    _check_no_mfa(ask.serial_number, ask.token_code)
    asked_tags = tags_of(ask.tags)
    actions = ["sts:AssumeRole"]
    actions += ["sts:TagSession"] if asked_tags or ask.transitive_tag_keys else []
    source = ask.source_identity or _source_identity(actor_of(call.caller))
    actions += ["sts:SetSourceIdentity"] if source else []
    role = Roles(call.unit).by_arn(ask.role_arn)
    given = _given(ask, asked_tags, source)
    actor = check_may_assume(call.caller, ask.role_arn, role, actions, given)
    assert role is not None
    chained = actor.kind == "role"
    lifetime = lifetime_of_role(ask.duration_seconds, role.max_session, chained=chained)
    narrowed = narrowing(call.unit, ask.policy, ask.policy_arns)
    tags, transitive = _session_tags(actor, asked_tags, ask.transitive_tag_keys or [])
    if source != (_source_identity(actor) or source):
        raise Refused(Refusal.ACCESS_DENIED, "The source identity of a session cannot change.")
    issued = issue(
        call.services,
        role_arn=role.arn,
        role_id=role.id,
        session_name=ask.role_session_name,
        lifetime=lifetime,
        now=call.now,
        session_policies=narrowed.policies,
        policy_arns=narrowed.policy_arns,
        tags=tags,
        transitive_tags=transitive,
        source_identity=source,
    )
    return api.AssumeRoleResponse(
        assumed_role_user=api.AssumedRoleUser(arn=issued.arn, assumed_role_id=issued.user_id),
        credentials=as_credentials(issued),
        packed_policy_size=packed_size(issued, narrowed, tags),
        source_identity=source or None,
    )


@performs(api.GetSessionToken, open_to_all=True, once=True)
def get_session_token(
    call: Call[Signed], ask: api.GetSessionTokenRequest
) -> api.GetSessionTokenResponse:
    """Temporary credentials of the user or root who asks with a permanent key."""
    _check_no_mfa(ask.serial_number, ask.token_code)
    actor = actor_of(call.caller)
    if actor is None or actor.session is not None or actor.kind == "role":
        raise Refused(Refusal.ACCESS_DENIED, "Cannot call GetSessionToken with session credentials")
    issued = issue_to_holder(
        call.services,
        "root" if actor.kind == "root" else "user",
        arn=actor.arn,
        principal_id=actor.principal_id,
        lifetime=lifetime_of_session_token(ask.duration_seconds, root=actor.kind == "root"),
        now=call.now,
    )
    return api.GetSessionTokenResponse(credentials=as_credentials(issued))


def _given(
    ask: api.AssumeRoleRequest, tags: dict[str, str], source_identity: str
) -> dict[str, str | list[str]]:
    """What conditions may test of this ask; a key that is not asked is not there."""
    given = of_request_tags(tags)
    given["sts:RoleSessionName"] = ask.role_session_name
    if ask.external_id is not None:
        given["sts:ExternalId"] = ask.external_id
    if source_identity:
        given["sts:SourceIdentity"] = source_identity
    if ask.transitive_tag_keys:
        given["sts:TransitiveTagKeys"] = list(ask.transitive_tag_keys)
    return given


def _session_tags(
    actor: Actor, asked: dict[str, str], transitive: list[str]
) -> tuple[dict[str, str], list[str]]:
    """The tags asked for, and those that came along a chain of roles, which nobody may change."""
    session = actor.session
    came = list(session.transitive_tags) if session is not None else []
    lower = {key.lower() for key in came}
    if any(key.lower() in lower for key in asked):
        raise Refused(Refusal.INVALID, "A transitive session tag cannot be given another value.")
    known = {key.lower() for key in asked}
    if any(key.lower() not in known for key in transitive):
        raise Refused(Refusal.INVALID, "TransitiveTagKeys must name tags of this request.")
    tags = session.tags if session is not None else {}
    inherited = {key: value for key, value in tags.items() if key.lower() in lower}
    return {**inherited, **asked}, [*came, *transitive]


def _source_identity(actor: Actor | None) -> str:
    """That of the session. Once set it stays, along the whole chain of roles, each of which must
    let it be set: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html"""
    session = actor.session if actor is not None else None
    return session.source_identity if session is not None else ""


def _check_no_mfa(serial_number: str | None, token_code: str | None) -> None:
    """No MFA device is known here, so no code of one can be right."""
    if serial_number is not None or token_code is not None:
        raise Refused(
            Refusal.ACCESS_DENIED,
            "MultiFactorAuthentication failed, unable to validate MFA code.",
        )
