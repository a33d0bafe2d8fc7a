"""What patches do to a dataset, with no database."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from poolhouse.contract import cognito_sync as sync
from poolhouse.sync.datasets import rules
from poolhouse.sync.datasets.rows import Dataset, Record

EMPTY = Dataset("d", "p", "i", "prefs", False, None, 0, 0, 0, 0, 0, 0, 1.0, 1.0, "")


def replacing(key: str, value: str = "v", count: int = 0) -> sync.RecordPatch:
    return sync.RecordPatch(key=key, op="replace", sync_count=count, value=value)


def removing(key: str, count: int) -> sync.RecordPatch:
    return sync.RecordPatch(key=key, op="remove", sync_count=count)


def apply(
    dataset: Dataset, known: dict[str, Record], *patches: sync.RecordPatch
) -> tuple[Dataset, dict[str, Record]]:
    after, written = rules.patched(dataset, known, patches, 5.0, "device")
    return after, {**known, **{record.key: record for record in written}}


def test_all_records_of_a_call_get_the_next_count() -> None:
    after, known = apply(EMPTY, {}, replacing("a"), replacing("b"))
    assert (after.live, after.sync_count, after.records) == (True, 1, 2)
    assert {record.sync_count for record in known.values()} == {1}
    after, known = apply(after, known, replacing("b", "w", 1))
    assert after.sync_count == 2 and (known["a"].sync_count, known["b"].sync_count) == (1, 2)
    assert (after.created_at, after.modified_at, after.modified_by) == (5.0, 5.0, "device")


@pytest.mark.parametrize("count", [0, 1, 3, -1, 2**62])
def test_a_patch_with_any_other_count_than_the_records_is_stale(count: int) -> None:
    """IDP-12"""
    known = {"a": Record("a", "v", 2, 1.0, "x", None)}
    words = rf"^Current SyncCount for: a is: 2 not: {count}$"
    for patch in (replacing("a", "w", count), removing("a", count)):
        with pytest.raises(sync.ResourceConflictException, match=words):
            apply(dataclasses.replace(EMPTY, sync_count=2), known, patch)


def test_one_stale_patch_spoils_the_whole_call() -> None:
    with pytest.raises(sync.ResourceConflictException, match="for: b is: 0 not: 9"):
        apply(EMPTY, {}, replacing("a"), replacing("b", "v", 9))


def test_sums_follow_what_is_added_changed_and_removed() -> None:
    after, known = apply(EMPTY, {}, replacing("ключ", "ü"), replacing("b", ""))
    assert (after.records, after.tombstones, after.storage) == (2, 0, 8 + 2 + 1)
    after, known = apply(after, known, replacing("ключ", "üü", 1), removing("b", 1))
    assert (after.records, after.tombstones, after.storage) == (1, 1, 8 + 4)
    after, known = apply(after, known, removing("b", 2), removing("ключ", 2), removing("c", 0))
    assert (after.records, after.tombstones, after.storage) == (0, 3, 0)
    after, known = apply(after, known, replacing("b", "back", 3))
    assert (after.records, after.tombstones, after.storage) == (1, 2, 5)
    assert known["b"].value == "back" and known["c"].value is None


@pytest.mark.parametrize(
    ("full", "patch"),
    [
        ({"storage": rules.MOST_STORAGE - 1}, replacing("a", "")),
        ({"records": rules.MOST_RECORDS - 1}, replacing("a", "")),
        ({"tombstones": rules.MOST_TOMBSTONES - 1}, removing("a", 0)),
    ],
)
def test_a_dataset_may_be_filled_to_its_limit_and_no_further(full: Any, patch: Any) -> None:
    """IDP-12"""
    dataset = dataclasses.replace(EMPTY, **full)
    apply(dataset, {}, patch)
    patches = [patch, sync.RecordPatch(key="b", op=patch.op, sync_count=0, value=patch.value)]
    with pytest.raises(sync.LimitExceededException):
        rules.patched(dataset, {}, patches, 5.0, "device")


def test_an_identity_has_twenty_datasets_and_not_one_more() -> None:
    """IDP-12"""
    rules.check_room(rules.MOST_DATASETS - 1, rules.MOST_NAMES - 1)
    for live, names in [(rules.MOST_DATASETS, 20), (0, rules.MOST_NAMES)]:
        with pytest.raises(sync.LimitExceededException):
            rules.check_room(live, names)


@pytest.mark.parametrize(
    "patches",
    [
        [replacing("a"), replacing("a")],
        [replacing("a"), removing("a", 0)],
        [sync.RecordPatch(key="a", op="replace", sync_count=0)],
    ],
)
def test_patches_that_cannot_all_be_meant_are_refused(patches: Any) -> None:
    with pytest.raises(sync.InvalidParameterException):
        rules.check_patches(patches)
    rules.check_patches([replacing("a"), removing("b", 0)])


def test_a_deletion_counts_and_is_told_to_those_who_have_seen_something() -> None:
    full, _ = apply(EMPTY, {}, replacing("a"))
    gone = rules.deleted(full, 7.0, "me")
    assert (gone.live, gone.sync_count, gone.deleted_count, gone.storage) == (False, 2, 2, 0)
    assert [rules.deleted_since(gone, count) for count in (0, 1, 2)] == [False, True, False]
    again, _ = apply(gone, {}, replacing("b"))
    assert again.sync_count == 3 and again.live
    assert [rules.deleted_since(again, count) for count in (0, 1, 2, 3)] == [
        False, True, False, False
    ]  # fmt: skip
    assert not rules.deleted_since(full, 1) and not rules.deleted_since(None, 1)


def test_nobody_can_have_seen_a_count_that_has_not_been() -> None:
    full, _ = apply(EMPTY, {}, replacing("a"))
    for count in (0, 1):
        rules.check_count(full, count)
    rules.check_count(None, 7)
    rules.check_count(rules.deleted(full, 7.0, "me"), 7)
    for dataset, count in [(full, 2), (full, -1), (None, -1)]:
        with pytest.raises(
            sync.InvalidParameterException, match=f"^No such SyncCount: {count} exists"
        ):
            rules.check_count(dataset, count)


def test_pages_have_a_size_that_is_asked_or_the_most() -> None:
    assert [rules.check_page(asked, 64) for asked in (None, 1, 64, 65, 10**6)] == [
        64, 1, 64, 64, 64
    ]  # fmt: skip
    for asked in (0, -1):
        with pytest.raises(sync.InvalidParameterException):
            rules.check_page(asked, 64)


def test_an_inherited_dataset_keeps_its_name_unless_it_is_taken() -> None:
    identity = "us-east-1:00000000-0000-4000-8000-000000000000"
    assert rules.inherited_name("prefs", identity, taken=False) == "prefs"
    assert rules.inherited_name("prefs", identity, taken=True) == f"prefs.{identity}"
    longest = rules.inherited_name("p" * 128, identity, taken=True)
    assert len(longest) == 128 and longest.endswith(f"p.{identity}")
