"""What a patch does to a dataset, and what it may not do.

Source: UpdateRecords and ListRecords in the API reference; "Limits in Amazon Cognito", developer
guide; texts as services answered them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from poolhouse.contract import cognito_sync as sync
from poolhouse.sync.datasets.rows import Dataset, Record

MOST_DATASETS = 20
MOST_RECORDS = 1024
MOST_STORAGE = 1024 * 1024
# AWS publishes none for what was removed; without one it could grow for ever.
MOST_TOMBSTONES = 10 * MOST_RECORDS
MOST_NAMES = 50 * MOST_DATASETS
_LONGEST_NAME = 128


def check_patches(patches: Sequence[sync.RecordPatch]) -> None:
    """Raises InvalidParameterException for patches that cannot all be meant."""
    keys = [patch.key for patch in patches]
    if len(set(keys)) != len(keys):
        raise sync.InvalidParameterException("A key is patched more than once.")
    if any(patch.op == "replace" and patch.value is None for patch in patches):
        raise sync.InvalidParameterException("A record cannot be replaced without a value.")


def patched(
    dataset: Dataset,
    known: Mapping[str, Record],
    patches: Sequence[sync.RecordPatch],
    now: float,
    by: str,
) -> tuple[Dataset, list[Record]]:
    """The dataset after the patches, all of which get its next count, and their records.

    `known` are the records of the keys as they stand.

    Raises:
        ResourceConflictException: a patch does not name the count of the record it changes.
        LimitExceededException: the dataset would hold too much.
    """
    count = dataset.sync_count + 1
    written = []
    for patch in patches:
        before = known.get(patch.key)
        seen = before.sync_count if before else 0
        if patch.sync_count != seen:
            raise sync.ResourceConflictException(
                f"Current SyncCount for: {patch.key} is: {seen} not: {patch.sync_count}"
            )
        value = patch.value if patch.op == "replace" else None
        written.append(Record(patch.key, value, count, now, by, patch.device_last_modified_date))
    old = [known[record.key] for record in written if record.key in known]
    after = replace(
        dataset,
        live=True,
        sync_count=count,
        records=dataset.records + _live(written) - _live(old),
        tombstones=dataset.tombstones + _dead(written) - _dead(old),
        storage=dataset.storage + sum(r.size for r in written) - sum(r.size for r in old),
        sessions=dataset.sessions + 1,
        created_at=dataset.created_at if dataset.live else now,
        modified_at=now,
        modified_by=by,
    )
    _check_limits(after)
    return after, written


def _live(records: Sequence[Record]) -> int:
    return sum(record.value is not None for record in records)


def _dead(records: Sequence[Record]) -> int:
    return len(records) - _live(records)


def _check_limits(dataset: Dataset) -> None:
    if dataset.storage > MOST_STORAGE:
        raise sync.LimitExceededException(f"A dataset holds at most {MOST_STORAGE} bytes.")
    if dataset.records > MOST_RECORDS:
        raise sync.LimitExceededException(f"A dataset holds at most {MOST_RECORDS} records.")
    if dataset.tombstones > MOST_TOMBSTONES:
        raise sync.LimitExceededException("Too many records of the dataset have been removed.")


def check_room(live: int, names: int) -> None:
    """Whether an identity may have one more dataset. Raises LimitExceededException."""
    if live >= MOST_DATASETS:
        raise sync.LimitExceededException(f"An identity has at most {MOST_DATASETS} datasets.")
    if names >= MOST_NAMES:
        raise sync.LimitExceededException("Too many datasets of the identity have been deleted.")


def deleted(dataset: Dataset, now: float, by: str) -> Dataset:
    """What stays of a deleted dataset; the deletion has a count, as every change has."""
    count = dataset.sync_count + 1
    return replace(
        dataset,
        live=False,
        merges=None,
        sync_count=count,
        deleted_count=count,
        records=0,
        tombstones=0,
        storage=0,
        modified_at=now,
        modified_by=by,
    )


def deleted_since(dataset: Dataset | None, count: int) -> bool:
    """Whether a device that has seen `count` holds what has been deleted. One that has seen
    nothing holds only what it has yet to send."""
    return dataset is not None and 0 < count < dataset.deleted_count


def check_count(dataset: Dataset | None, count: int) -> None:
    """Raises InvalidParameterException for a count that the dataset has not come to."""
    if count < 0 or (dataset is not None and dataset.live and count > dataset.sync_count):
        raise sync.InvalidParameterException(f"No such SyncCount: {count} exists for this Dataset")


def check_page(asked: int | None, most: int) -> int:
    """The size of a page. Raises InvalidParameterException below 1."""
    if asked is not None and asked < 1:
        raise sync.InvalidParameterException("MaxResults must be at least 1.")
    return min(asked or most, most)


def inherited_name(name: str, from_identity: str, taken: bool) -> str:
    """What a merged identity's dataset is called where it goes: as before, or where that name is
    taken, so that clients know what to merge it into. A name has at most 128 characters."""
    ending = f".{from_identity}"
    return name[: _LONGEST_NAME - len(ending)] + ending if taken else name
