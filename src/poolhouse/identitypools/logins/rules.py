"""What a proved login is, and how AWS says that a token is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from poolhouse.contract import cognito_identity as cid

UNSUPPORTED = "Token is not from a supported provider of this identity pool."
INACTIVE = "Token is inactive"


@dataclass(frozen=True, slots=True)
class Link:
    """A user of a provider: of a public one by its subject, of the pool's developer provider by
    the developer's own identifier."""

    provider: str
    subject: str
    developer: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """A user whose token held, the app client it was made for, and what it said. A developer's
    login has neither."""

    link: Link
    client_id: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)


def amr_of(link: Link, pool_id: str) -> tuple[str, ...]:
    """How an OpenID token of the identity pool says that a login was used (beside the word
    "authenticated"): the provider, and the provider with its user."""
    source = pool_id if link.developer else "CognitoSignIn"
    return (link.provider, f"{link.provider}:{source}:{link.subject}")


def why_not(
    reason: str, claims: Mapping[str, Any] | None, issuer: str, now: float
) -> cid.NotAuthorizedException:
    """The refusal of a token that was not verified. `claims` are what it says of itself, or None
    where it is no token at all: they only choose the words."""
    if claims is None:
        return invalid("Not a valid OpenId Connect identity token.")
    if claims.get("iss") != issuer:
        return invalid("Issuer doesn't match providerName")
    if "aud" not in claims:
        return invalid("Missing a required claim: aud")
    expiry = claims.get("exp")
    if reason == "expired" and type(expiry) is int:
        return invalid(f"Token expired: {expiry} >= {int(now)}")
    return invalid("Couldn't verify signed token.")


def invalid(words: str) -> cid.NotAuthorizedException:
    return cid.NotAuthorizedException(f"Invalid login token. {words}")


def conflict() -> cid.ResourceConflictException:
    return cid.ResourceConflictException("A login belongs to another identity.")
