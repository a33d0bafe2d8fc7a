"""A policy document, read strictly: what is not of the grammar is refused, never skipped.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from poolhouse.access.policy.conditions import AnyCondition, condition_of
from poolhouse.access.policy.malformed import MalformedPolicy, PolicyTooLarge, shown
from poolhouse.access.policy.matching import Glob
from poolhouse.access.policy.patterns import ArnPattern, arn_pattern_of, pattern_of
from poolhouse.access.policy.principals import Principals, principals_of

PolicyKind = Literal["identity", "trust"]

MANAGED_LIMIT = 6144
TRUST_LIMIT = 2048
"""Characters a document may have; AWS does not count white space."""

_LONGEST_TEXT = 131_072
_CURRENT = "2012-10-17"
_VERSIONS = (_CURRENT, "2008-10-17")
_SID = re.compile(r"[A-Za-z0-9]*")
_ACTION = re.compile(r"\*|(?:\*|[A-Za-z0-9-]+):[A-Za-z0-9_*?.-]+")
_COMMON = frozenset({"Sid", "Effect", "Action", "NotAction", "Condition"})
_ELEMENTS = {
    "identity": _COMMON | {"Resource", "NotResource"},
    "trust": _COMMON | {"Principal", "NotPrincipal"},
}


@dataclass(frozen=True, slots=True)
class ActionPattern:
    """`service:Name`, both lower case; the service is a name or `*`."""

    service: str
    name: Glob

    def matches(self, action: str) -> bool:
        """`action` is lower case."""
        service, _, name = action.partition(":")
        return self.service in ("*", service) and self.name.matches(name)


@dataclass(frozen=True, slots=True)
class Statement:
    allows: bool
    actions: tuple[ActionPattern, ...]
    but_actions: bool
    """The actions are those of a NotAction."""
    resources: tuple[ArnPattern, ...]
    but_resources: bool
    """The resources are those of a NotResource."""
    principals: Principals | None
    conditions: tuple[AnyCondition, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed document. It never changes and may be shared by threads."""

    kind: PolicyKind
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of the document, as it was written: only conditions take one for a text."""

    text: str


def parse_policy(text: str, *, kind: PolicyKind, limit: int | None = None) -> Policy:
    """The policy in `text`: an identity policy (also a boundary or a session policy) or a trust
    policy.

    `limit` is in characters without white space; by default a managed policy's 6,144 or a trust
    policy's 2,048. Raises MalformedPolicy, and PolicyTooLarge beyond the limit.
    """
    if limit is None:
        limit = TRUST_LIMIT if kind == "trust" else MANAGED_LIMIT
    if len(text) > _LONGEST_TEXT or len("".join(text.split())) > limit:
        raise PolicyTooLarge(f"Cannot exceed quota for PolicySize: {limit}")
    root = _object(_loaded(text), frozenset({"Version", "Id", "Statement"}))
    version = root.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        _refuse("Policy document must be version 2012-10-17 or greater.")
    if "Id" in root:
        _text(root["Id"])
    given = root.get("Statement")
    elements = given if isinstance(given, list) else [given]
    if not elements:
        _refuse("Syntax errors in policy.")
    statements = [_object(element, _ELEMENTS[kind]) for element in elements]
    _check_sids(statements)
    variables = version == _CURRENT
    return Policy(kind, tuple(_statement(element, kind, variables) for element in statements))


def _refuse(message: str) -> NoReturn:
    raise MalformedPolicy(message)


def _loaded(text: str) -> object:
    try:
        loaded: object = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_int=_Number,
            parse_float=_Number,
        )
        # Half a surrogate pair can be escaped in JSON, but not be stored or answered.
        json.dumps(loaded, ensure_ascii=False, default=repr).encode()
        return loaded
    except (ValueError, RecursionError):
        _refuse("Syntax errors in policy.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("Syntax errors in policy. An element is given twice.")
    return found


def _object(element: object, known: frozenset[str]) -> dict[str, Any]:
    if not isinstance(element, dict):
        _refuse("Syntax errors in policy.")
    for name in element:
        if name in ("Principal", "NotPrincipal") and name not in known:
            _refuse("Policy document should not specify a principal.")
        if name not in known:
            _refuse(f"Has prohibited field {shown(name)}")
    return element


def _text(element: object) -> str:
    if not isinstance(element, str):
        _refuse("Syntax errors in policy.")
    return element


def _check_sids(statements: list[dict[str, Any]]) -> None:
    sids = [_text(element["Sid"]) for element in statements if "Sid" in element]
    if not all(_SID.fullmatch(sid) for sid in sids):
        _refuse("Statement IDs (SID) must be alpha-numeric.")
    named = [sid for sid in sids if sid]
    if len(set(named)) != len(named):
        _refuse("Statement IDs (SID) in a single policy must be unique.")


def _statement(element: dict[str, Any], kind: PolicyKind, variables: bool) -> Statement:
    effect = element.get("Effect")
    if effect not in ("Allow", "Deny"):
        _refuse("Missing required field Effect" if effect is None else "Invalid effect.")
    actions, but_actions = _either(element, "Action", "actions")
    resources: list[str] = []
    but_resources, principals = False, None
    if kind == "identity":
        resources, but_resources = _either(element, "Resource", "resources")
    else:
        principals = _principals(element, allows=effect == "Allow")
    return Statement(
        allows=effect == "Allow",
        actions=tuple(_action(action, kind) for action in actions),
        but_actions=but_actions,
        resources=tuple(_resource(resource, variables) for resource in resources),
        but_resources=but_resources,
        principals=principals,
        conditions=tuple(_conditions(element.get("Condition", {}), variables)),
    )


def _either(element: dict[str, Any], name: str, plural: str) -> tuple[list[str], bool]:
    """The texts of an element or of its `Not` twin, of which there must be one."""
    inverted = f"Not{name}"
    if name in element and inverted in element:
        _refuse(f"Syntax errors in policy. A statement has {name} or {inverted}, not both.")
    given = element.get(name, element.get(inverted))
    values = given if isinstance(given, list) else [given]
    if given is None or not values:
        _refuse(f"Policy statement must contain {plural}.")
    return [_text(value) for value in values], inverted in element


def _action(text: str, kind: PolicyKind) -> ActionPattern:
    if not _ACTION.fullmatch(text):
        _refuse("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    service, _, name = ("*:*" if text == "*" else text).lower().partition(":")
    if kind == "trust" and service != "sts":
        _refuse("AssumeRole policy may only specify STS AssumeRole actions.")
    glob = pattern_of(name, variables=False).fixed
    assert glob is not None
    return ActionPattern(service, glob)


def _resource(text: str, variables: bool) -> ArnPattern:
    pattern = arn_pattern_of(text, variables=variables)
    if pattern is None:
        _refuse(f'Resource {shown(text)} must be in ARN format or "*".')
    return pattern


def _principals(element: dict[str, Any], *, allows: bool) -> Principals:
    if ("Principal" in element) == ("NotPrincipal" in element):
        _refuse("Missing required field Principal")
    if "NotPrincipal" in element and allows:
        _refuse("NotPrincipal must be used with the effect Deny.")
    inverted = "NotPrincipal" in element
    return principals_of(element["NotPrincipal" if inverted else "Principal"], inverted=inverted)


def _conditions(block: object, variables: bool) -> list[AnyCondition]:
    conditions: list[AnyCondition] = []
    for operator, keys in _entries(block):
        for key, given in _entries(keys):
            if ":" not in key:
                _refuse("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2.")
            values = given if isinstance(given, list) else [given]
            if not values:
                _refuse(f"A condition has no values: {shown(operator)}")
            texts = [_condition_value(value) for value in values]
            conditions.append(condition_of(operator, key, texts, variables=variables))
    return conditions


def _entries(element: object) -> list[tuple[str, object]]:
    if not isinstance(element, dict):
        _refuse("Syntax errors in policy.")
    return list(element.items())


def _condition_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.text if isinstance(value, _Number) else _text(value)
