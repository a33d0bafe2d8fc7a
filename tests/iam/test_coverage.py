"""No operation forgets to ask: drawn from the contract, for every operation that is performed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from poolhouse import arns
from poolhouse.app import catalogue
from poolhouse.contract.callers import Signed
from poolhouse.contract.shape import (
    Bytes,
    Free,
    ListOf,
    MapOf,
    Moment,
    Operation,
    Real,
    Refusal,
    Refused,
    ServiceError,
    Shape,
    Structure,
    Text,
    Truth,
    Whole,
)
from poolhouse.iam.credentials.actors import Actor
from poolhouse.iam.credentials.authority import granted
from poolhouse.iam.policies.rows import Documents
from poolhouse.kernel.call import Origin
from tests.iam.people import USER, allow, deny, document
from tests.support.house import ACCOUNT, ENDPOINT, TestHouse

PERFORMED = [
    performance.operation
    for performance in catalogue().performed()
    if performance.operation.caller is Signed
]
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity", "sts:GetSessionToken"}
"""As AWS documents both: who holds the key may know whose it is, and narrow it."""

USER_POOLS = "us-east-1_PoolAaaaa", "us-east-1_PoolBbbbb"
IDENTITY_POOLS = "us-east-1:aaaaaaaa-0000", "us-east-1:bbbbbbbb-0000"


def caller(*statements: dict[str, Any]) -> Signed:
    """A user with these statements, as if proved."""
    arn, user_id = f"{USER}ann", "AIDAAAAAAAAAAAAAAAAAA"
    actor = Actor("user", arn, user_id, ACCOUNT, arn, user_id, "ann")
    authority = granted(actor, {}, Documents((document(*statements),), None), None)
    return Signed(arn, user_id, ACCOUNT, "us-east-1", "AKIA", authority)


def least(operation: Operation[Any, Any, Any], **known: str) -> Shape:
    """What must be asked and no more; members in `known` have that value."""
    made: Shape = _least(operation.ask.kind, known)
    for name, value in known.items():
        if name in operation.ask.kind.make.__struct_fields__:
            setattr(made, name, value)
    return made


def _least(kind: Any, known: dict[str, str]) -> Any:
    if isinstance(kind, Structure):
        members = [member for member in kind.members if member.required]
        given = {m.name: known.get(m.name) or _least(m.kind, known) for m in members}
        return kind.make(**given)
    if isinstance(kind, ListOf):
        return [_least(kind.item, known)]
    if isinstance(kind, Text):
        return kind.choices[0] if kind.choices else "x" * max(kind.least or 1, 1)
    if isinstance(kind, Whole):
        return kind.least or 1
    simple = {Real: 1.0, Truth: True, Moment: 0.0, Bytes: b"x", Free: {}, MapOf: {}}
    return simple[type(kind)]


def outcome(house: TestHouse, who: Signed, operation: Any, ask: Shape) -> str:
    """`denied`, or however else it ended."""
    try:
        house.house.perform_as(who, operation, ask, Origin("test", "127.0.0.1"))
    except Refused as refused:
        return "denied" if refused.refusal is Refusal.ACCESS_DENIED else refused.refusal.name
    except ServiceError as error:
        return error.code
    return "done"


def with_a_pool() -> Iterator[tuple[Any, str, str, str]]:
    """Operations that name a pool: the member, a pool's id and another's."""
    for operation in PERFORMED:
        fields = operation.ask.__struct_fields__
        if "user_pool_id" in fields:
            yield operation, "user_pool_id", *USER_POOLS
        elif "identity_pool_id" in fields:
            yield operation, "identity_pool_id", *IDENTITY_POOLS


def test_there_is_something_to_test() -> None:
    services = {operation.service.name for operation in PERFORMED}
    assert {"cognito-idp", "iam", "sts"} <= services
    assert len(PERFORMED) > 80
    assert len(list(with_a_pool())) > 20


def test_a_user_who_is_denied_everything_is_denied_every_operation(
    sqlite_house: TestHouse,
) -> None:
    """IAM-11"""
    nobody = caller(allow("*"), deny("*"))
    ended = {
        operation.action: outcome(sqlite_house, nobody, operation, least(operation))
        for operation in PERFORMED
    }
    assert {action for action, how in ended.items() if how != "denied"} == NEEDS_NO_PERMISSION


def test_a_user_without_any_policy_is_denied_every_operation(sqlite_house: TestHouse) -> None:
    """IAM-11"""
    nobody = caller(allow("s3:*"))
    ended = {
        operation.action: outcome(sqlite_house, nobody, operation, least(operation))
        for operation in PERFORMED
    }
    assert {action for action, how in ended.items() if how != "denied"} == NEEDS_NO_PERMISSION


@pytest.mark.parametrize("scheme", [None, "Bearer e30.e30.x", "AWS AKIA:c2ln", "Basic eDp5"])
def test_no_signed_operation_is_open_to_another_scheme(
    sqlite_house: TestHouse, scheme: str | None
) -> None:
    """SIG-13"""
    expected = "MissingAuthentication" if scheme is None else "IncompleteSignature"
    answers = {
        operation.action: sqlite_house.request(*_bare(operation, scheme)) for operation in PERFORMED
    }
    wrong = {
        action: (status, body)
        for action, (status, fields, body) in answers.items()
        if status not in (400, 403)
        or expected not in body.decode() + fields.get("x-amzn-errortype", "")
    }
    assert wrong == {}


def _bare(
    operation: Operation[Any, Any, Any], scheme: str | None
) -> tuple[str, str, dict[str, str], bytes]:
    """A request of the operation without a signature: method, address, headers, body."""
    service = operation.service
    headers = {"authorization": scheme} if scheme else {}
    if service.protocol == "query":
        headers["content-type"] = "application/x-www-form-urlencoded"
        form = f"Action={operation.name}&Version={service.version}"
        return "POST", f"{ENDPOINT}/", headers, form.encode()
    if service.protocol == "rest-json":
        path = re.sub(r"\{[^}]+\}", "x", operation.path.partition("?")[0])
        return operation.method, ENDPOINT + path, headers, b""
    headers["x-amz-target"] = f"{service.target_prefix}.{operation.name}"
    return "POST", f"{ENDPOINT}/", headers, b"{}"


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_policy_on_one_pool_says_nothing_of_another(sqlite_house: TestHouse, effect: str) -> None:
    """IAM-11"""
    identity_pool = arns.identity_pool(ACCOUNT, IDENTITY_POOLS[0])
    synced = identity_pool.replace("cognito-identity", "cognito-sync")
    own = [arns.user_pool(ACCOUNT, USER_POOLS[0]), identity_pool, synced]
    inside = [*own, *(f"{arn}/*" for arn in own)]
    allows = effect == "Allow"
    who = caller(allow("*", inside)) if allows else caller(allow("*"), deny("*", inside))
    wrong = []
    for operation, member, first, second in with_a_pool():
        of_first = outcome(sqlite_house, who, operation, least(operation, **{member: first}))
        of_second = outcome(sqlite_house, who, operation, least(operation, **{member: second}))
        if ((of_first == "denied"), (of_second == "denied")) != (not allows, allows):
            wrong.append((operation.action, of_first, of_second))
    assert wrong == []
