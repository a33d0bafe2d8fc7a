"""The decision: an explicit Deny anywhere wins, then every layer must allow, else it is denied.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from poolhouse.access.policy.context import Context
from poolhouse.access.policy.document import Policy, Statement
from poolhouse.access.policy.principals import Principal
from poolhouse.values import Value

_ARTICLES = {
    "identity-based policy": "an",
    "permissions boundary": "a",
    "session policy": "a",
}


class Question(Value, frozen=True):
    """May this be done? `resource` is an ARN, or `*` where the action is about none in particular.

    `context` holds the condition keys that the server knows for a fact; they are compared without
    regard to case. A key that can have several values is given as a list or tuple. `tags` are the
    resource's, `aws:ResourceTag/…`; they are looked up where a policy asks for one.
    """

    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = {}
    tags: Callable[[], Mapping[str, str]] | None = None


class Decision(Value, frozen=True):
    """`clause` is how AWS ends its message, with a space before it; empty where allowed."""

    allowed: bool
    clause: str = ""


def evaluate(
    question: Question,
    *,
    identity: Sequence[Policy],
    boundary: Policy | None = None,
    session: Sequence[Policy] | None = None,
) -> Decision:
    """The decision on the policies of one principal.

    `session` is None where the session has no policies; without any policy in it, it allows
    nothing. A policy that is not an identity policy denies, wherever it stands.
    """
    layers: dict[str, Sequence[Policy]] = {"identity-based policy": identity}
    if boundary is not None:
        layers["permissions boundary"] = (boundary,)
    if session is not None:
        layers["session policy"] = session
    action, context = question.action.lower(), Context(question.context, question.tags)
    silent = ""
    for name, policies in layers.items():
        allowed = False
        for allows in _effects(policies, action, question.resource, context):
            if not allows:
                return Decision(False, f" with an explicit deny in {_ARTICLES[name]} {name}")
            allowed = True
        if not allowed:
            silent = silent or name
    if silent:
        return Decision(False, f" because no {silent} allows the {question.action} action")
    return Decision(True)


def trusts(
    policy: Policy,
    *,
    action: str,
    principal: Principal,
    context: Mapping[str, str | Sequence[str]],
) -> bool:
    """Whether a role's trust policy lets `principal` do `action` (`sts:AssumeRole…`) to it.

    An identity policy names nobody and so trusts nobody. Where a trust policy names the whole
    account, the principal needs its own permission too: that the caller decides with `evaluate`.
    """
    facts = Context(context)
    asked = action.lower()
    allowed = False
    for statement in policy.statements:
        if (
            statement.principals is not None
            and statement.principals.include(principal, allowing=statement.allows)
            and _acts_on(statement, asked)
            and _holds(statement, facts)
        ):
            if not statement.allows:
                return False
            allowed = True
    return allowed


def _effects(
    policies: Sequence[Policy], action: str, resource: str, context: Context
) -> Iterator[bool]:
    """Whether it allows, for each statement that applies."""
    for policy in policies:
        if policy.kind != "identity":
            yield False
            continue
        for statement in policy.statements:
            if (
                _acts_on(statement, action)
                and _covers(statement, resource, context)
                and _holds(statement, context)
            ):
                yield statement.allows


def _acts_on(statement: Statement, action: str) -> bool:
    named = any(pattern.matches(action) for pattern in statement.actions)
    return named != statement.but_actions


def _covers(statement: Statement, resource: str, context: Context) -> bool:
    # "If the * wildcard is the last character of a resource ARN segment, it can expand to match
    # beyond the colon boundaries." It does so where that denies, and nowhere else: a path of a
    # user may hold a colon, and would let in what the author of an Allow never thought of.
    across = statement.allows == statement.but_resources
    matched = [pattern.matches(resource, context, across=across) for pattern in statement.resources]
    if statement.but_resources:
        # "If AWS cannot resolve a variable this might cause the entire statement to be invalid":
        # taken so for Allow and Deny alike. To read the exception as matching nothing would widen
        # an Allow to what its author meant to keep out.
        return None not in matched and not any(matched)
    return any(matched)


def _holds(statement: Statement, context: Context) -> bool:
    return all(condition.holds(context) for condition in statement.conditions)
