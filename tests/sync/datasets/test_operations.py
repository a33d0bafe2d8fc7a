"""Datasets through the AWS SDK, with the credentials of the identity whose they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from poolhouse.contract import cognito_sync as sync
from poolhouse.contract.callers import Signed
from poolhouse.iam.credentials.authority import Everything
from poolhouse.kernel.call import Origin
from tests.iam.people import refused
from tests.support.house import ACCOUNT, REGION, TestHouse
from tests.sync.devices import Device, device, pool, remove, replace


def test_a_dataset_is_made_by_its_first_record_and_goes_with_its_deletion(
    house: TestHouse,
) -> None:
    mine = device(pool(house))
    before = mine.list("prefs")
    assert (before["DatasetExists"], before["DatasetSyncCount"], before["Records"]) == (
        False, 0, []
    )  # fmt: skip
    assert (before["Count"], before["DatasetDeletedAfterRequestedSyncCount"]) == (0, False)
    with refused("ResourceNotFoundException", status=404):
        mine.describe("prefs")
    at = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    patches = [replace("colour", "blue", DeviceLastModifiedDate=at), replace("größe", "")]
    written = mine.write("prefs", *patches, token=before["SyncSessionToken"], DeviceId="phone")
    assert [(r["Key"], r["Value"], r["SyncCount"]) for r in written] == [
        ("colour", "blue", 1), ("größe", "", 1)
    ]  # fmt: skip
    shown = mine.list("prefs")
    assert (shown["DatasetExists"], shown["DatasetSyncCount"], shown["Count"]) == (True, 1, 2)
    assert shown["LastModifiedBy"] == "phone"
    (colour,) = [r for r in shown["Records"] if r["Key"] == "colour"]
    assert colour["DeviceLastModifiedDate"] == at and colour["LastModifiedBy"] == "phone"
    assert abs(colour["LastModifiedDate"] - datetime.now(UTC)) < timedelta(minutes=1)
    dataset = mine.describe("prefs")
    assert (dataset["DataStorage"], dataset["NumRecords"]) == (10 + 7, 2)
    assert (dataset["IdentityId"], dataset["LastModifiedBy"]) == (mine.identity_id, "phone")
    assert mine.delete("prefs") == dataset and mine.names() == []
    with refused("ResourceNotFoundException", status=404):
        mine.delete("prefs")


def test_a_device_is_told_what_changed_since_it_last_asked(house: TestHouse) -> None:
    fed = pool(house)
    phone = device(fed)
    tablet = device(fed, phone.identity_id)
    phone.write("prefs", replace("a", "1"), replace("b", "1"))
    phone.write("prefs", replace("c", "1"))
    tablet.write("prefs", replace("a", "2", 1), remove("b", 1))
    assert sorted(tablet.values("prefs")) == [("a", "2", 3), ("b", None, 3), ("c", "1", 2)]
    assert phone.values("prefs")[0] == ("c", "1", 2)  # in the order of change
    assert sorted(phone.values("prefs", LastSyncCount=2)) == [("a", "2", 3), ("b", None, 3)]
    assert phone.values("prefs", LastSyncCount=3) == []
    assert phone.describe("prefs")["NumRecords"] == 2
    assert phone.describe("prefs")["LastModifiedBy"] == ACCOUNT
    with refused("InvalidParameterException", "No such SyncCount: 4 exists for this Dataset"):
        phone.list("prefs", LastSyncCount=4)
    phone.write("prefs", replace("b", "back", 3))
    assert phone.values("prefs", LastSyncCount=3) == [("b", "back", 4)]


def test_a_stale_patch_writes_nothing_of_its_call(house: TestHouse) -> None:
    """IDP-12"""
    mine = device(pool(house))
    mine.write("prefs", replace("a", "1"))
    mine.write("prefs", replace("a", "2", 1))
    words = "Current SyncCount for: a is: 2 not: 1"
    with refused("ResourceConflictException", words, status=409):
        mine.write("prefs", replace("new", "x"), replace("a", "3", 1))
    with refused("ResourceConflictException", "for: b is: 0 not: 7", status=409):
        mine.write("prefs", replace("b", "x", 7))
    with refused("ResourceConflictException", status=409):
        mine.write("prefs", remove("a", 1))
    assert mine.values("prefs") == [("a", "2", 2)]


def test_who_was_away_learns_of_a_deletion_even_if_the_dataset_is_back(house: TestHouse) -> None:
    mine = device(pool(house))
    mine.write("prefs", replace("a", "1"))
    mine.delete("prefs")
    gone = mine.list("prefs", LastSyncCount=1)
    assert (gone["DatasetExists"], gone["DatasetDeletedAfterRequestedSyncCount"]) == (False, True)
    assert (gone["DatasetSyncCount"], gone["Records"]) == (0, [])
    with refused("ResourceConflictException", "for: a is: 0 not: 1"):
        mine.write("prefs", replace("a", "late", 1))
    (again,) = mine.write("prefs", replace("a", "new"))
    assert again["SyncCount"] == 3
    back = mine.list("prefs", LastSyncCount=1)
    assert (back["DatasetExists"], back["DatasetDeletedAfterRequestedSyncCount"]) == (True, True)
    for count in (0, 3):
        fresh = mine.list("prefs", LastSyncCount=count)
        assert fresh["DatasetDeletedAfterRequestedSyncCount"] is False


def test_records_come_in_pages_that_end_and_miss_nothing_written_meanwhile(
    house: TestHouse,
) -> None:
    mine = device(pool(house))
    mine.write("prefs", *[replace(f"k{n}", "v") for n in range(5)])
    first = mine.list("prefs", MaxResults=2)
    assert first["Count"] == 2
    moved = first["Records"][0]["Key"]
    mine.write("prefs", replace(moved, "w", 1), replace("late", "v"))
    seen = {record["Key"]: record["Value"] for record in first["Records"]}
    token, rounds = first["NextToken"], 0
    while token:
        page = mine.list("prefs", MaxResults=2, NextToken=token)
        seen |= {record["Key"]: record["Value"] for record in page["Records"]}
        token, rounds = page.get("NextToken"), rounds + 1
    assert seen == {**{f"k{n}": "v" for n in range(5)}, moved: "w", "late": "v"} and rounds == 3
    for wrong in ({"LastSyncCount": 1}, {"NextToken": "x"}):
        with refused("InvalidParameterException"):
            mine.list("prefs", **{"NextToken": first["NextToken"], **wrong})
    with refused("InvalidParameterException"):
        mine.list("other", NextToken=first["NextToken"])
    for size in (0, -5):
        with refused("InvalidParameterException", "MaxResults"):
            mine.list("prefs", MaxResults=size)


def test_a_session_token_is_good_for_one_dataset_of_one_identity(
    house: TestHouse,
) -> None:
    """IDP-12"""
    fed = pool(house)
    mine, theirs = device(fed), device(fed)
    token = mine.token("prefs")
    page_token = Device.list(mine, "prefs", SyncSessionToken=token)["SyncSessionToken"]
    assert page_token == token
    words = "SyncSessionToken not valid for these inputs"
    wrong: list[tuple[Device, str, str]] = [
        (theirs, "prefs", token),
        (mine, "other", token),
        (mine, "prefs", "x"),
        (mine, "prefs", token[:-1]),
        (mine, "prefs", ("B" if token[0] == "A" else "A") + token[1:]),
    ]
    for who, dataset, given in wrong:
        with refused("InvalidParameterException", words, status=400):
            who.write(dataset, replace("a", "1"), token=given)
        with refused("InvalidParameterException", words):
            who.list(dataset, SyncSessionToken=given)
    mine.write("prefs", replace("a", "1"), token=token)
    mine.write("prefs", replace("a", "2", 1), token=token)
    assert mine.values("prefs") == [("a", "2", 2)]


def test_a_session_token_is_good_for_an_hour(sqlite_house: TestHouse) -> None:
    """IDP-12"""
    mine = device(pool(sqlite_house))
    ask = sync.UpdateRecordsRequest(
        identity_pool_id=mine.pool_id,
        identity_id=mine.identity_id,
        dataset_name="prefs",
        sync_session_token=mine.token("prefs"),
    )
    root = Signed("arn", "id", ACCOUNT, REGION, "key", Everything())
    perform, origin = sqlite_house.house.perform_as, Origin("a-request")
    sqlite_house.clock.step(3590)
    perform(root, sync.UpdateRecords, ask, origin)
    sqlite_house.clock.step(11)
    with pytest.raises(sync.InvalidParameterException, match="SyncSessionToken not valid"):
        perform(root, sync.UpdateRecords, ask, origin)


def test_limits_hold(house: TestHouse) -> None:
    """IDP-12"""
    mine = device(pool(house))
    half = "x" * (512 * 1024 - 1)
    mine.write("big", replace("a", half))
    with refused("LimitExceededException", status=400):
        mine.write("big", replace("b", half + "x"))
    mine.write("big", replace("b", half))
    assert mine.describe("big")["DataStorage"] == 1024 * 1024
    mine.write("many", *[replace(str(n), "") for n in range(1024)])
    with refused("LimitExceededException"):
        mine.write("many", replace("one more", ""))
    mine.write("many", remove("0", 1), replace("one more", ""))
    for number in range(18):
        mine.write(f"d{number}", replace("a", ""))
    with refused("LimitExceededException", "20 datasets"):
        mine.write("d18", replace("a", ""))
    mine.delete("d0")
    mine.write("d18", replace("a", ""))
    assert len(mine.names()) == 20


def test_keys_of_any_text_and_length_are_kept_apart(house: TestHouse) -> None:
    mine = device(pool(house))
    keys = ["a", "A", "a ", "界" * 1024, "界" * 1023 + "a", "%2F", "😀", "\n", "'\"\\"]
    mine.write("prefs", *[replace(key, key) for key in keys])
    assert {key: value for key, value, _ in mine.values("prefs")} == {key: key for key in keys}
    with refused("InvalidParameterException", "less than or equal to 1024"):
        mine.write("prefs", replace("a" * 1025, ""))
    with refused("SerializationException"):
        mine.write("prefs", replace("nul\x00", ""))


@pytest.mark.parametrize(
    "patches",
    [
        [replace("a", "1"), remove("a")],
        [{"Op": "replace", "Key": "a", "SyncCount": 0}],
        [{"Op": "swap", "Key": "a", "SyncCount": 0}],
        [{"Op": "remove", "Key": "a"}],
        [{"Op": "remove", "Key": "", "SyncCount": 0}],
    ],
)
def test_patches_that_cannot_be_meant_are_refused(
    sqlite_house: TestHouse, patches: list[Any]
) -> None:
    mine = device(pool(sqlite_house))
    with refused("InvalidParameterException", status=400):
        mine.write("prefs", *patches)
    assert mine.names() == []


def test_an_update_of_nothing_makes_nothing(sqlite_house: TestHouse) -> None:
    mine = device(pool(sqlite_house))
    assert mine.write("prefs") == [] and mine.names() == []


def test_datasets_are_listed_by_name_in_pages(house: TestHouse) -> None:
    mine = device(pool(house))
    for name in ("b", "A.1:x_y-z", "a"):
        mine.write(name, replace("k", "v"))
    first = mine.sync.list_datasets(**mine.where, MaxResults=2)
    assert first["Count"] == 2
    rest = mine.sync.list_datasets(**mine.where, MaxResults=2, NextToken=first["NextToken"])
    found = [d["DatasetName"] for d in first["Datasets"] + rest["Datasets"]]
    assert found == ["A.1:x_y-z", "a", "b"] and "NextToken" not in rest
    with refused("InvalidParameterException"):
        mine.sync.list_datasets(**mine.where, MaxResults=0)


def test_usage_is_summed_for_an_identity_a_pool_and_all_pools(house: TestHouse) -> None:
    fed, idle = pool(house), pool(house)
    mine, theirs = device(fed), device(fed)
    mine.write("a", replace("k", "vv"))
    mine.write("a", replace("k", "v", 1))
    mine.write("b", replace("k", "v"))
    mine.delete("b")
    theirs.write("a", replace("k", ""))
    used = mine.sync.describe_identity_usage(**mine.where)["IdentityUsage"]
    assert (used["IdentityId"], used["IdentityPoolId"]) == (mine.identity_id, fed.id)
    assert (used["DatasetCount"], used["DataStorage"]) == (1, 2)
    root = house.client("cognito-sync")
    used = root.describe_identity_pool_usage(IdentityPoolId=fed.id)["IdentityPoolUsage"]
    assert (used["DataStorage"], used["SyncSessionsCount"]) == (3, 4)
    unused = root.describe_identity_pool_usage(IdentityPoolId=idle.id)["IdentityPoolUsage"]
    assert (unused["DataStorage"], unused["SyncSessionsCount"]) == (0, 0)
    assert unused["LastModifiedDate"] <= used["LastModifiedDate"]
    first = root.list_identity_pool_usage(MaxResults=1)
    rest = root.list_identity_pool_usage(MaxResults=1, NextToken=first["NextToken"])
    found = {
        u["IdentityPoolId"]: u for u in first["IdentityPoolUsages"] + rest["IdentityPoolUsages"]
    }
    assert found == {fed.id: used, idle.id: unused}
    assert (first["Count"], first["MaxResults"], "NextToken" in rest) == (1, 1, False)
    elsewhere = house.client("cognito-sync", region="eu-west-1").list_identity_pool_usage()
    assert elsewhere["IdentityPoolUsages"] == []
    with refused("ResourceNotFoundException", status=404):
        root.describe_identity_pool_usage(IdentityPoolId=mine.identity_id)


def test_data_goes_with_its_identity(house: TestHouse) -> None:
    fed = pool(house)
    mine = device(fed)
    mine.write("a", replace("k", "v"))
    token = mine.token("a")
    fed.admin.delete_identities(IdentityIdsToDelete=[mine.identity_id])
    with refused("ResourceNotFoundException", status=404):
        mine.write("a", replace("k", "w", 1), token=token)
    with refused("ResourceNotFoundException", status=404):
        mine.list("a")
    root = house.client("cognito-sync")
    usage = root.describe_identity_pool_usage(IdentityPoolId=fed.id)["IdentityPoolUsage"]
    assert usage["DataStorage"] == 0
