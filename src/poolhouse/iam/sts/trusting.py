"""May this caller assume that role?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from dataclasses import replace

from poolhouse.access.policy.evaluate import trusts
from poolhouse.contract.callers import Signed
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.iam.credentials.actors import Actor, Facts, facts_of_resource
from poolhouse.iam.credentials.authority import Everything, Granted
from poolhouse.iam.permission import of_holder
from poolhouse.iam.policies.rules import identity_policy, trust_policy
from poolhouse.iam.roles.rows import Role

_GRANT = identity_policy(
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
)


def check_may_assume(
    caller: Signed, role_arn: str, role: Role | None, actions: list[str], given: Facts
) -> Actor:
    """Refuses where the role's trust policy or the caller's own policies do not allow all of
    `actions` (`sts:AssumeRole`, with tags `sts:TagSession` …). A role that does not exist is
    refused in the same words. The actor, for what comes next.

    Raises:
        Refused: ACCESS_DENIED.
    """
    authority = caller.authority
    if isinstance(authority, Everything):
        raise Refused(Refusal.ACCESS_DENIED, "Roles may not be assumed by root accounts.")
    if not isinstance(authority, Granted) or role is None:
        raise _denied(caller, actions[0], role_arn, "")
    for action in actions:
        clause = _refusal(authority, role, action, given)
        if clause is not None:
            raise _denied(caller, action, role.arn, clause)
    return authority.actor


def _refusal(authority: Granted, role: Role, action: str, given: Facts) -> str | None:
    """None where allowed, else how the message ends.

    A trust policy that names the caller grants it the role; one that names the whole account
    leaves the grant to the caller's own policies. An explicit Deny, the boundary and the session
    policies of the caller hold in both cases.
    """
    principal, policy = authority.actor.as_principal, trust_policy(role.trust)
    given = {**of_holder(role.tags, None), **given}
    facts = {**authority.facts, **facts_of_resource(role.arn), **given}
    if not trusts(policy, action=action, principal=principal, context=facts):
        return ""
    nobodys = replace(principal, account="")
    by_name = trusts(policy, action=action, principal=nobodys, context=facts)
    decision = authority.decision(action, role.arn, given, (_GRANT,) if by_name else ())
    return None if decision.allowed else decision.clause


def _denied(caller: Signed, action: str, resource: str, clause: str) -> Refused:
    return Refused(
        Refusal.ACCESS_DENIED,
        f"User: {caller.arn} is not authorized to perform: {action} "
        f"on resource: {resource}{clause}",
    )
