"""IAM's decision once more, from the JSON document itself and with no thought of speed.

It shares no code with the evaluator that it checks: wildcards are turned into regular expressions
of escaped text, and each rule is written out as the guide states it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Facts = Mapping[str, str | Sequence[str]]


class NoValue(Exception):
    pass


def decide(
    action: str,
    resource: str,
    facts: Facts,
    identity: list[dict[str, Any]],
    boundary: dict[str, Any] | None,
    session: list[dict[str, Any]] | None,
) -> str:
    """`allowed`, or which layer denies and how."""
    lower = {key.lower(): value for key, value in facts.items()}
    layers = [("identity", identity)]
    layers += [("boundary", [boundary])] if boundary is not None else []
    layers += [("session", session)] if session is not None else []
    said = {
        name: {
            statement["Effect"]
            for document in documents
            for statement in _listed(document["Statement"])
            if _applies(statement, action, resource, lower, document.get("Version"))
        }
        for name, documents in layers
    }
    for name, effects in said.items():
        if "Deny" in effects:
            return f"deny by {name}"
    for name, effects in said.items():
        if "Allow" not in effects:
            return f"silence of {name}"
    return "allowed"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _applies(
    statement: dict[str, Any], action: str, resource: str, facts: Facts, version: str | None
) -> bool:
    try:
        return (
            _among(statement, "Action", lambda text: _action(text, action))
            and _among(
                statement,
                "Resource",
                lambda text: _arn(text, resource, facts, version, across=_denies(statement)),
            )
            and all(
                _condition(name, key.lower(), _listed(values), facts, version)
                for name, keys in statement.get("Condition", {}).items()
                for key, values in keys.items()
            )
        )
    except NoValue:
        return False


def _among(statement: dict[str, Any], name: str, fits: Any) -> bool:
    if name in statement:
        return any(_or_false(fits, text) for text in _listed(statement[name]))
    # All are tried: one without a value takes the statement out, whichever others match.
    results = [fits(text) for text in _listed(statement[f"Not{name}"])]
    return True not in results


def _or_false(fits: Any, text: str) -> bool:
    try:
        return bool(fits(text))
    except NoValue:
        return False


def _action(text: str, action: str) -> bool:
    return text == "*" or re.fullmatch(_regex(text), action, re.IGNORECASE | re.DOTALL) is not None


def _denies(statement: dict[str, Any]) -> bool:
    """Whether a resource that matches is one that is not allowed."""
    return bool((statement["Effect"] == "Deny") == ("Resource" in statement))


def _arn(text: str, resource: str, facts: Facts, version: str | None, *, across: bool) -> bool:
    if text == "*":
        return True
    regex = _expanded(text, facts, version)
    wanted, given = regex.split(":"), resource.split(":")
    ending = all(".*" not in one.removesuffix(".*") for one in wanted[:-1][:5])
    if across and ending and re.fullmatch(regex, resource, re.DOTALL):
        return True
    head = all(
        re.fullmatch(one, other, re.DOTALL)
        for one, other in zip(wanted[:5], given[:5], strict=False)
    )
    tail = re.fullmatch(":".join(wanted[5:]), ":".join(given[5:]), re.DOTALL)
    return len(given) >= 6 and head and tail is not None


def _regex(text: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in text)


def _expanded(text: str, facts: Facts, version: str | None, wild: bool = True) -> str:
    """A regular expression. A colon in a value becomes a text that no split sees."""
    plain = _regex if wild else re.escape
    if version != "2012-10-17":
        return plain(text)
    made = ""
    while match := re.match(r"(.*?)\$\{([^}]*)\}", text, re.DOTALL):
        value = facts.get(match[2].lower())
        if not isinstance(value, str):
            raise NoValue
        made += plain(match[1]) + re.escape(value).replace(":", r"\x3a")
        text = text[match.end() :]
    return made + plain(text)


def _condition(name: str, key: str, wanted: list[Any], facts: Facts, version: str | None) -> bool:
    given = facts.get(key, [])
    values = [given] if isinstance(given, str) else list(given)
    if name == "Null":
        return (not values) in [text == "true" for text in wanted]
    quantifier, _, operator = name.rpartition(":")
    operator, if_exists = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    negated = "Not" in operator
    if not values:
        absent = {"ForAllValues": True, "ForAnyValue": False}.get(quantifier, negated)
        return if_exists or absent
    results = [_one(operator.replace("Not", ""), value, wanted, facts, version) for value in values]
    judged = [result is not None and result != negated for result in results]
    if quantifier == "ForAllValues" or (not quantifier and negated):
        return all(judged)
    return any(judged)


def _one(
    operator: str, value: str, wanted: list[Any], facts: Facts, version: str | None
) -> bool | None:
    if operator.startswith("Numeric"):
        if not re.fullmatch(r"-?\d+", value):
            return None
        compare = {"Equals": int.__eq__, "LessThan": int.__lt__, "GreaterThan": int.__gt__}
        return any(compare[operator[7:]](int(value), int(text)) for text in wanted)
    results = []
    for text in wanted:
        try:
            regex = _expanded(text, facts, version, operator == "StringLike")
            results.append(re.fullmatch(regex, value, re.DOTALL) is not None)
        except NoValue:
            results.append(False)
    return any(results)
