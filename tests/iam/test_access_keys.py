"""Permanent keys: made once, switched off at once, two for each user."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from poolhouse.iam.credentials.root import ensure_root_key
from tests.iam.people import USER, Keys, admin, allow, key, refused, user
from tests.support.house import ROOT_KEY, TestHouse, furnished


def test_two_keys_are_the_most_and_the_secret_is_told_once(house: TestHouse) -> None:
    iam = admin(house)
    iam.create_user(UserName="ann")
    first, second = key(house, "ann"), key(house, "ann")
    assert first["aws_access_key_id"].startswith("AKIA")
    assert len(first["aws_secret_access_key"]) == 40
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409):
        key(house, "ann")
    listed = iam.list_access_keys(UserName="ann")["AccessKeyMetadata"]
    ids = {made["aws_access_key_id"] for made in (first, second)}
    assert {item["AccessKeyId"] for item in listed} == ids
    assert "Secret" not in str(listed)
    iam.delete_access_key(UserName="ann", AccessKeyId=first["aws_access_key_id"])
    key(house, "ann")
    with refused("DeleteConflict", "Cannot delete entity, must delete access keys first.", 409):
        iam.delete_user(UserName="ann")


def test_two_keys_are_the_most_however_many_are_asked_for_at_once(house: TestHouse) -> None:
    iam = admin(house)
    iam.create_user(UserName="ann")

    def ask(_: int) -> str:
        try:
            iam.create_access_key(UserName="ann")
        except iam.exceptions.LimitExceededException:
            return "refused"
        return "made"

    with ThreadPoolExecutor(8) as threads:
        told = sorted(threads.map(ask, range(8)))
    assert told == ["made"] * 2 + ["refused"] * 6
    assert len(iam.list_access_keys(UserName="ann")["AccessKeyMetadata"]) == 2


@pytest.mark.parametrize("service", ["sts", "cognito-idp"])
def test_a_key_switched_off_or_deleted_is_refused_at_once(house: TestHouse, service: str) -> None:
    """SIG-09"""
    keys = user(house, "ann", allow("cognito-idp:ListUserPools"))
    iam, mine = admin(house), house.client(service, **keys)
    codes = {"sts": "InvalidClientTokenId", "cognito-idp": "UnrecognizedClientException"}

    def call() -> None:
        if service == "sts":
            mine.get_caller_identity()
        else:
            mine.list_user_pools(MaxResults=1)

    call()
    which = {"UserName": "ann", "AccessKeyId": keys["aws_access_key_id"]}
    iam.update_access_key(**which, Status="Inactive")
    with refused(codes[service]):
        call()
    iam.update_access_key(**which, Status="Active")
    call()
    iam.delete_access_key(**which)
    with refused(codes[service]):
        call()


def test_a_key_switched_off_by_another_process_is_refused_at_once(house: TestHouse) -> None:
    """SIG-09: each process keeps derived keys, none keeps who is allowed."""
    keys = user(house, "ann")
    with furnished(house.settings) as other:
        mine = other.client("sts", **keys)
        mine.get_caller_identity()
        admin(house).update_access_key(
            UserName="ann", AccessKeyId=keys["aws_access_key_id"], Status="Inactive"
        )
        with refused("InvalidClientTokenId"):
            mine.get_caller_identity()


def test_a_key_belongs_to_its_user(sqlite_house: TestHouse) -> None:
    anns, bobs = user(sqlite_house, "ann", allow("iam:*AccessKey*")), user(sqlite_house, "bob")
    mine = sqlite_house.client("iam", **anns)
    other = bobs["aws_access_key_id"]
    with refused("NoSuchEntity", f"The Access Key with id {other} cannot be found.", 404):
        mine.delete_access_key(AccessKeyId=other)
    with refused("NoSuchEntity", status=404):
        mine.update_access_key(UserName="ann", AccessKeyId=other, Status="Inactive")
    assert mine.list_access_keys()["AccessKeyMetadata"][0]["UserName"] == "ann"
    made = mine.create_access_key()["AccessKey"]
    assert made["UserName"] == "ann"
    mine.delete_access_key(AccessKeyId=made["AccessKeyId"])


def test_the_last_use_of_a_key_is_noted_once_in_a_while(house: TestHouse) -> None:
    iam, keys = admin(house), user(house, "ann")
    which = {"AccessKeyId": keys["aws_access_key_id"]}
    assert iam.get_access_key_last_used(**which)["AccessKeyLastUsed"] == {
        "Region": "N/A",
        "ServiceName": "N/A",
    }
    with refused("AccessDeniedException"):
        house.client("cognito-idp", region="eu-west-1", **keys).list_user_pools(MaxResults=1)
    used = iam.get_access_key_last_used(**which)
    assert used["UserName"] == "ann"
    assert used["AccessKeyLastUsed"]["ServiceName"] == "cognito-idp"
    assert used["AccessKeyLastUsed"]["Region"] == "eu-west-1"
    house.client("sts", **keys).get_caller_identity()
    assert iam.get_access_key_last_used(**which) | {"ResponseMetadata": 0} == used | {
        "ResponseMetadata": 0
    }
    with refused("NoSuchEntity", status=404):
        iam.get_access_key_last_used(AccessKeyId="AKIA0000000000000000")


def test_whoever_may_not_see_a_user_does_not_learn_of_its_keys(sqlite_house: TestHouse) -> None:
    anns = user(sqlite_house, "ann", allow("iam:GetAccessKeyLastUsed", f"{USER}ann"))
    bobs = user(sqlite_house, "bob")
    mine = sqlite_house.client("iam", **anns)
    mine.get_access_key_last_used(AccessKeyId=anns["aws_access_key_id"])
    for other in (bobs["aws_access_key_id"], "AKIA0000000000000000"):
        with refused("AccessDenied"):
            mine.get_access_key_last_used(AccessKeyId=other)


def test_the_root_key_of_the_settings_takes_the_stored_ones_place(house: TestHouse) -> None:
    brought = ensure_root_key(house.services)
    assert brought.from_settings
    assert brought.access_key_id == ROOT_KEY
    bare = house.settings.model_copy(
        update={"root_access_key_id": None, "root_secret_access_key": None}
    )
    with furnished(bare) as other:
        made = ensure_root_key(other.services)
        assert ensure_root_key(other.services) == made
        assert made.secret_access_key not in repr(made)
        keys: Keys = {
            "aws_access_key_id": made.access_key_id,
            "aws_secret_access_key": made.secret_access_key,
        }
        assert other.client("sts", **keys).get_caller_identity()["Arn"].endswith(":root")
        other.client("iam", **keys).create_user(UserName="ann")
        listed = other.client("iam", **keys).list_access_keys()["AccessKeyMetadata"]
        assert [item["AccessKeyId"] for item in listed] == [made.access_key_id]
        with refused("ValidationError", "Must specify userName"):
            other.client("iam", **keys).create_access_key()
        with refused("InvalidClientTokenId"):
            other.client("sts").get_caller_identity()
    with refused("InvalidClientTokenId"):
        house.client("sts", **keys).get_caller_identity()
