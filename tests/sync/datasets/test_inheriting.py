"""IDP-04: the data of an identity that is merged into another is not lost."""

from __future__ import annotations

from tests.iam.people import refused
from tests.support.house import TestHouse
from tests.sync.devices import developer, device, pool, remove, replace


def test_data_goes_over_and_waits_beside_what_has_its_name(house: TestHouse) -> None:
    fed = pool(house)
    (old_id, old_logins), (new_id, new_logins) = fed.user("old"), fed.user("new")
    old, new = device(fed, old_id, old_logins), device(fed, new_id, new_logins)
    old.write("prefs", replace("a", "old"), replace("b", "gone"))
    old.write("prefs", replace("a", "older still", 1), remove("b", 1))
    old.write("game", replace("level", "7"))
    new.write("prefs", replace("a", "new"))
    fed.merge("old", "new")

    waiting = f"prefs.{old_id}"
    found = new.list("prefs")
    assert found["MergedDatasetNames"] == [waiting]
    assert [(r["Key"], r["Value"]) for r in found["Records"]] == [("a", "new")]
    assert new.names() == ["game", "prefs", waiting]
    # Devices meet these datasets as new: counted from one, and without what was removed.
    assert new.values(waiting) == [("a", "older still", 1)]
    assert new.list(waiting)["DatasetSyncCount"] == 1
    assert new.list(waiting)["MergedDatasetNames"] == []
    assert new.values("game") == [("level", "7", 1)]
    new.write("game", replace("level", "8", 1))
    new.write("prefs", replace("a", "merged", 1))
    new.delete(waiting)
    assert new.list("prefs")["MergedDatasetNames"] == []
    assert developer(fed, old_id).names() == []
    usage = new.sync.describe_identity_usage(**new.where)["IdentityUsage"]
    assert (usage["DatasetCount"], usage["DataStorage"]) == (2, 6 + 7)


def test_data_follows_a_chain_of_merges(house: TestHouse) -> None:
    fed = pool(house)
    first, second, third = (fed.user(name) for name in ("first", "second", "third"))
    device(fed, *first).write("prefs", replace("a", "1"))
    fed.merge("first", "second")
    fed.merge("second", "third")
    last = device(fed, *third)
    assert last.values("prefs") == [("a", "1", 1)]
    with refused("ResourceNotFoundException"):
        developer(fed, first[0]).describe("prefs")
    assert developer(fed, second[0]).names() == []


def test_a_name_that_was_deleted_is_taken_too(sqlite_house: TestHouse) -> None:
    """A device that was away must still learn of the deletion."""
    fed = pool(sqlite_house)
    (old_id, old_logins), new_user = fed.user("old"), fed.user("new")
    device(fed, old_id, old_logins).write("prefs", replace("a", "old"))
    new = device(fed, *new_user)
    new.write("prefs", replace("a", "new"))
    new.delete("prefs")
    fed.merge("old", "new")
    found = new.list("prefs", LastSyncCount=1)
    assert found["DatasetDeletedAfterRequestedSyncCount"] is True
    assert found["MergedDatasetNames"] == [f"prefs.{old_id}"]
