"""What has been proved about whoever asks. An operation's type says which of these it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Protocol

from poolhouse.values import Value

Given = Mapping[str, str | list[str]]
"""Condition keys that only the operation knows, and their values."""

Tags = Callable[[], Mapping[str, str]]
"""The tags of a resource, which are looked up where a policy asks for one of them."""

NOTHING_GIVEN: Given = MappingProxyType({})


def no_tags() -> Mapping[str, str]:
    return {}


class Authority(Protocol):
    """What a signed caller may do, as policies say at the moment of the request."""

    def denies(
        self, action: str, resource: str, given: Given = NOTHING_GIVEN, tags: Tags = no_tags
    ) -> str | None:
        """None when `action` on the ARN `resource` is allowed, else AWS's `because …` clause
        (empty where AWS gives no reason). `tags` are the resource's, `aws:ResourceTag/…`."""


@dataclass(frozen=True, slots=True)
class Anyone:
    """Nothing has been proved. The operation itself checks what it is given."""


class SignedIn(Value, frozen=True):
    """The bearer of a live access token with scope aws.cognito.signin.user.admin. `read` is what
    the proof took from the database, for an operation that would read it again."""

    secret: ClassVar = frozenset({"read"})
    pool_id: str
    client_id: str
    sub: str
    username: str
    session_id: str
    auth_time: int
    scopes: frozenset[str]
    read: object = None


class Signed(Value, frozen=True):
    """A principal whose SigV4 signature was verified.

    `arn` and `user_id` are what GetCallerIdentity answers; `region` is the one signed for.
    """

    arn: str
    user_id: str
    account: str
    region: str
    access_key_id: str
    authority: Authority


Caller = Anyone | SignedIn | Signed
