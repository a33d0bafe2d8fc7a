"""Attributes for access control: which claims become tags of the AWS session.

Source: "Using attributes for access control", developer guide; limits of tags: AssumeRole, STS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import regex

from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.logins.rules import Login
from poolhouse.identitypools.pools.rows import TagMap

DEFAULTS = {"client": "aud", "username": "sub"}
MOST_TAGS = 50
_TEXT = regex.compile(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*")


def check_map(tags: Mapping[str, str]) -> None:
    """Raises InvalidParameterException for tag keys that no session may have."""
    if not all(_is_key(key) for key in tags):
        raise cid.InvalidParameterException("A principal tag's key is not valid.")
    if len({key.lower() for key in tags}) != len(tags):
        raise cid.InvalidParameterException("Principal tags differ by more than their case.")


def check_tags(tags: Mapping[str, str]) -> None:
    """The same for tags with the values they shall have."""
    check_map(tags)
    if not all(_is_value(value) for value in tags.values()):
        raise cid.InvalidParameterException("A principal tag's value is not valid.")


def claims_of(tag_map: TagMap | None) -> Mapping[str, str]:
    """The claim that each tag is drawn from; a pool may add to the defaults or replace them."""
    if tag_map is None:
        return {}
    return {**(DEFAULTS if tag_map.use_defaults else {}), **(tag_map.principal_tags or {})}


def tags_of(logins: Sequence[Login], tag_maps: Mapping[str, TagMap]) -> dict[str, str]:
    """The tags of a session with these logins; where two providers set one tag, the first does.
    A claim that the token does not have sets no tag.

    Raises InvalidIdentityPoolConfigurationException for a value that cannot be a tag, as STS
    refuses the whole session: without the tag, a policy that denies by it would not.
    """
    tags: dict[str, str] = {}
    for login in logins:
        for key, claim in claims_of(tag_maps.get(login.link.provider)).items():
            value = login.claims.get(claim)
            if value is not None:
                tags.setdefault(key, _as_tag(value))
    if len(tags) > MOST_TAGS:
        raise _invalid()
    return tags


def _as_tag(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value) if isinstance(value, str | int) else None
    if text is None or not _is_value(text):
        raise _invalid()
    return text


def _is_key(text: str) -> bool:
    plain = 0 < len(text) <= 128 and _TEXT.fullmatch(text) is not None
    return plain and not text.lower().startswith("aws:")


def _is_value(text: str) -> bool:
    return len(text) <= 256 and _TEXT.fullmatch(text) is not None


def _invalid() -> cid.InvalidIdentityPoolConfigurationException:
    return cid.InvalidIdentityPoolConfigurationException(
        "Invalid identity pool configuration. A principal tag's value is not valid."
    )
