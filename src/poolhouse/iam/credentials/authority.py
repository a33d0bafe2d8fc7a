"""What a signed caller may do, as its policies stand at this request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from poolhouse.access.policy.document import Policy
from poolhouse.access.policy.evaluate import Decision, Question, evaluate
from poolhouse.contract.callers import NOTHING_GIVEN, Given, Signed, Tags, no_tags
from poolhouse.iam.credentials.actors import Actor, Facts, facts_of_resource
from poolhouse.iam.policies.rows import Documents
from poolhouse.iam.policies.rules import identity_policy
from poolhouse.values import Value

_OPEN_TO_SESSION_TOKENS = frozenset(["sts:AssumeRole", "sts:GetCallerIdentity"])


@dataclass(frozen=True, slots=True)
class Everything:
    """The authority of the account's root."""

    actor: Actor | None = None

    def denies(
        self, action: str, resource: str, given: Given = NOTHING_GIVEN, tags: Tags = no_tags
    ) -> str | None:
        return "" if self.actor and closed_to_session_tokens(self.actor, action) else None


class Granted(Value, frozen=True):
    """The authority of a user or a role's session. Nothing of a decision is kept: policies were
    read for this request, and only their parsed form outlives it."""

    secret: ClassVar = frozenset({"facts"})
    actor: Actor
    facts: Facts
    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Sequence[Policy] | None = None

    def denies(
        self, action: str, resource: str, given: Given = NOTHING_GIVEN, tags: Tags = no_tags
    ) -> str | None:
        if closed_to_session_tokens(self.actor, action):
            return ""
        decision = self.decision(action, resource, given, tags=tags)
        return None if decision.allowed else decision.clause

    def decision(
        self,
        action: str,
        resource: str,
        given: Given,
        more: Sequence[Policy] = (),
        tags: Tags = no_tags,
    ) -> Decision:
        """`more` policies count as the caller's own: what a resource grants it by name."""
        facts = {**self.facts, **facts_of_resource(resource), **given}
        return evaluate(
            Question(action, resource, facts, tags),
            identity=(*self.identity, *more),
            boundary=self.boundary,
            session=self.session,
        )


@dataclass(frozen=True, slots=True)
class Nothing:
    """The authority of a presigned request, which is good for longer than its sender may think:
    it can say who signed it, no more."""

    def denies(
        self, action: str, resource: str, given: Given = NOTHING_GIVEN, tags: Tags = no_tags
    ) -> str | None:
        return " because a presigned request permits nothing but GetCallerIdentity"


def granted(
    actor: Actor, facts: Facts, documents: Documents, session_documents: Sequence[str] | None
) -> Granted:
    """`session_documents` is None where the session narrows nothing."""
    session = None
    if session_documents is not None:
        session = [identity_policy(text) for text in session_documents]
    return Granted(
        actor,
        facts,
        [identity_policy(text) for text in documents.identity],
        None if documents.boundary is None else _boundary(documents.boundary),
        session,
    )


def _boundary(document: str) -> Policy:
    # A boundary that is gone must not widen what it bounded.
    return identity_policy(document) if document else Policy("identity", ())


def closed_to_session_tokens(actor: Actor, action: str) -> bool:
    """Whoever holds credentials of GetSessionToken without MFA has no IAM and little of STS.
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
    if actor.session is None or actor.session.kind == "role":
        return False
    service = action.partition(":")[0]
    return service == "iam" or (service == "sts" and action not in _OPEN_TO_SESSION_TOKENS)


def actor_of(caller: Signed) -> Actor | None:
    """Who it is, in more words than `Signed` has; None where another door vouches for it."""
    authority = caller.authority
    return authority.actor if isinstance(authority, Everything | Granted) else None
