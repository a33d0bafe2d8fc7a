"""What may be stored as a policy, and how a stored one is read."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

from poolhouse.access.policy.document import Policy, PolicyKind, parse_policy
from poolhouse.access.policy.malformed import MalformedPolicy, PolicyTooLarge
from poolhouse.contract import iam as api

INLINE_LIMITS = {"user": 2048, "role": 10_240}
"""Characters of all inline policies of one holder, white space not counted."""

MANAGED_LIMIT = 6144
TRUST_LIMIT = 2048
MOST_VERSIONS = 5
MOST_ATTACHED = 10
_LONGEST_DOCUMENT = 131_072

_DENIES_ALL = Policy("trust", ())
"""Evaluation takes a trust policy among identity policies for a Deny."""


def check(document: str, kind: PolicyKind, limit: int) -> None:
    """Raises MalformedPolicyDocument, and LimitExceeded beyond `limit` characters."""
    try:
        parse_policy(document, kind=kind, limit=limit)
    except PolicyTooLarge as error:
        raise api.LimitExceededException(error.message) from None
    except MalformedPolicy as error:
        raise api.MalformedPolicyDocumentException(error.message) from None


@lru_cache(maxsize=4096)
def identity_policy(document: str) -> Policy:
    """A stored identity policy. One that cannot be read, which a newer grammar may bring about,
    denies everything: what it denied is not known any more."""
    try:
        return parse_policy(document, kind="identity", limit=_LONGEST_DOCUMENT)
    except MalformedPolicy:
        return _DENIES_ALL


@lru_cache(maxsize=1024)
def trust_policy(document: str) -> Policy:
    """A stored trust policy. One that cannot be read trusts nobody."""
    try:
        return parse_policy(document, kind="trust", limit=_LONGEST_DOCUMENT)
    except MalformedPolicy:
        return Policy("trust", ())


def weight(document: str) -> int:
    """Its characters as quotas count them: without white space."""
    return len("".join(document.split()))


def url_encoded(document: str) -> str:
    """As IAM answers documents (RFC 3986)."""
    return quote(document, safe="")


def arn_of(account: str, path: str, name: str) -> str:
    return f"arn:aws:iam::{account}:policy{path}{name}"
