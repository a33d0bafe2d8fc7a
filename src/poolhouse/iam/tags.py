"""Tags of users, roles and policies: as they are given, kept and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from poolhouse.contract import iam as api

MOST_TAGS = 50


class Tag(Protocol):
    """A tag as iam or as sts asks for it."""

    key: str
    value: str


def tags_of(given: Sequence[Tag] | None) -> dict[str, str]:
    """By key. Raises InvalidInput for keys that differ in case only, or belong to AWS."""
    tags = {tag.key: tag.value for tag in given or ()}
    if len({key.lower() for key in tags}) != len(given or ()):
        raise api.InvalidInputException(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    if any(key.lower().startswith("aws:") for key in tags):
        raise api.InvalidInputException(
            "Tag keys that begin with aws: are reserved for internal use."
        )
    return tags


def with_tags(tags: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """Keys are one key in whatever case; the newer spelling stays. Raises LimitExceeded."""
    kept = without_tags(tags, list(added)) | dict(added)
    if len(kept) > MOST_TAGS:
        raise api.LimitExceededException(f"Cannot exceed quota for TagsPerResource: {MOST_TAGS}")
    return kept


def without_tags(tags: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    removed = {key.lower() for key in keys}
    return {key: value for key, value in tags.items() if key.lower() not in removed}


def as_tags(tags: Mapping[str, str]) -> list[api.Tag]:
    return [api.Tag(key=key, value=tags[key]) for key in sorted(tags)]
