"""The principal behind a credential, and its authority, read from the database as it is now."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from poolhouse import arns
from poolhouse.iam.credentials.actors import Actor, Facts
from poolhouse.iam.credentials.authority import Everything, Granted, granted
from poolhouse.iam.credentials.rows import ROOT
from poolhouse.iam.credentials.session import Session
from poolhouse.iam.credentials.store import Holders, KeyInUse
from poolhouse.iam.policies.rows import Documents
from poolhouse.iam.policies.store import ManagedPolicies
from poolhouse.iam.users.rows import User
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.values import Value

_NO_DOCUMENTS = Documents((), None)


class Credential(Value, frozen=True):
    """What a claim's key id, and its session token if any, lead to, before anything is proved.
    The root key of the settings has neither `key` nor `session`. `version` changes with the
    secret."""

    secret: ClassVar = frozenset({"reveal"})
    version: bytes
    reveal: Callable[[], str]
    key: KeyInUse | None = None
    session: Session | None = None


class Behind(Value, frozen=True):
    """Documents are None for the root, who needs none."""

    actor: Actor
    documents: Documents | None


def behind(services: Services, unit: Unit, credential: Credential) -> Behind | None:
    """None where the user behind it is gone. A role that is gone, or was never known here, leaves
    its sessions who they are and permits them nothing."""
    account, key, session = services.settings.account_id, credential.key, credential.session
    if session is None:
        if key is None or key.owner_id == ROOT:
            return Behind(_root(account, None), None)
        return _user(account, key.user, key.documents, None) if key.user else None
    if session.kind == "root":
        return Behind(_root(account, session), None)
    if session.kind == "user":
        found = Holders(unit).user(session.principal_id)
        return _user(account, found[0], found[1], session) if found else None
    return _role(unit, session)


def authority_of(
    unit: Unit, actor: Actor, documents: Documents | None, facts: Callable[[], Facts]
) -> Everything | Granted:
    """The facts are gathered where a policy may ask for them; the root's has none."""
    if documents is None:
        return Everything(actor)
    session = actor.session
    narrowing: list[str] | None = None
    if session is not None and (session.policies or session.policy_arns):
        narrowing = list(session.policies)
        if session.policy_arns:
            narrowing += ManagedPolicies(unit).documents(session.policy_arns)
    return granted(actor, facts(), documents, narrowing)


def _root(account: str, session: Session | None) -> Actor:
    arn = arns.root(account)
    return Actor("root", arn, account, account, arn, account, session=session)


def _user(account: str, user: User, documents: Documents, session: Session | None) -> Behind:
    actor = Actor(
        "user", user.arn, user.id, account, user.arn, user.id, user.name, user.tags, session
    )
    return Behind(actor, documents)


def _role(unit: Unit, session: Session) -> Behind:
    found = Holders(unit).role(session.principal_id) if session.known else None
    name = session.principal_arn.rpartition("/")[2]
    parsed = arns.parse(session.principal_arn)
    account = parsed.account if parsed else ""
    actor = Actor(
        "role",
        arns.assumed_role(account, name, session.name),
        f"{session.principal_id}:{session.name}",
        account,
        session.principal_arn,
        session.principal_id,
        name,
        {**(found[0].tags if found else {}), **session.tags},
        session,
    )
    return Behind(actor, found[1] if found else _NO_DOCUMENTS)
