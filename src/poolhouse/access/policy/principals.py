"""Who a trust policy names, and who asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from poolhouse.access.policy.malformed import MalformedPolicy, shown

PrincipalKind = Literal["AWS", "Federated", "Service"]
KINDS: tuple[PrincipalKind, ...] = ("AWS", "Federated", "Service")

_ACCOUNT = re.compile(r"[0-9]{12}")
_ROOT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root")
_FORMS: Mapping[PrincipalKind, re.Pattern[str]] = {
    "AWS": re.compile(
        r"[0-9]{12}|A[A-Z]{3}[A-Z0-9]{12,124}"
        r"|arn:[a-z-]+:(?:iam|sts)::[0-9]{12}:(?:root|(?:user|role|assumed-role|federated-user)"
        r"/[\w+=,.@/:-]+)",
        re.ASCII,
    ),
    "Federated": re.compile(
        r"[a-z0-9-]+(?:\.[a-z0-9-]+)+"
        r"|arn:[a-z-]+:iam::[0-9]{12}:(?:oidc-provider|saml-provider)/[\w+=,.@/:%-]+",
        re.ASCII,
    ),
    "Service": re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+"),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks to assume a role.

    `names` are all names it goes by: of an assumed role the session's ARN, the role's ARN and the
    role's id; of a web identity the provider as trust policies write it. `account` is that of an
    AWS principal.
    """

    kind: PrincipalKind
    names: tuple[str, ...]
    account: str = ""


@dataclass(frozen=True, slots=True)
class Principals:
    """A Principal or (`inverted`) NotPrincipal element."""

    everyone: bool
    every_aws: bool
    accounts: frozenset[str]
    names: frozenset[tuple[PrincipalKind, str]]
    inverted: bool

    def include(self, principal: Principal, *, allowing: bool) -> bool:
        return self._name(principal, allowing) != self.inverted

    def _name(self, principal: Principal, allowing: bool) -> bool:
        if self.everyone:
            return True
        # AWS reads {"AWS": "*"} as everyone. A wildcard that names AWS principals must not let in
        # the tokens of other providers, so an Allow keeps to the kind it names.
        if self.every_aws and (principal.kind == "AWS" or not allowing):
            return True
        # A NotPrincipal names the account beside the one user that it spares, not instead of it:
        # "you must also specify the account ARN of the not-denied principal".
        if not self.inverted and principal.kind == "AWS" and principal.account in self.accounts:
            return True
        return any((principal.kind, name) in self.names for name in principal.names)


def principals_of(element: object, *, inverted: bool) -> Principals:
    """The element as JSON gave it. Raises MalformedPolicy."""
    if element == "*":
        return Principals(True, True, frozenset(), frozenset(), inverted)
    if not isinstance(element, dict) or not element:
        raise MalformedPolicy("Invalid principal in policy.")
    every_aws, accounts = False, set()
    names: set[tuple[PrincipalKind, str]] = set()
    for kind, value in _pairs(element):
        if kind == "AWS" and value == "*":
            every_aws = True
        elif not _FORMS[kind].fullmatch(value):
            raise MalformedPolicy(f'Invalid principal in policy: "{kind}":"{shown(value)}"')
        elif kind == "AWS" and (account := _account(value)):
            accounts.add(account)
        else:
            names.add((kind, value))
    return Principals(False, every_aws, frozenset(accounts), frozenset(names), inverted)


def _pairs(element: Mapping[object, object]) -> list[tuple[PrincipalKind, str]]:
    pairs: list[tuple[PrincipalKind, str]] = []
    for key, given in element.items():
        kind = next((known for known in KINDS if known == key), None)
        values = given if isinstance(given, list) else [given]
        if kind is None or not values:
            raise MalformedPolicy("Invalid principal in policy.")
        for value in values:
            if not isinstance(value, str):
                raise MalformedPolicy("Invalid principal in policy.")
            pairs.append((kind, value))
    return pairs


def _account(value: str) -> str | None:
    """An account's id and its root's ARN both mean every principal of the account."""
    if _ACCOUNT.fullmatch(value):
        return value
    root = _ROOT.fullmatch(value)
    return root[1] if root else None
