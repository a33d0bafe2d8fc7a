"""A captured request, sent again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from poolhouse.iam.credentials import replay
from poolhouse.kernel.unit import Unit
from tests.iam.people import ROOT, Keys, admin, allow, document, role, trust, user
from tests.iam.signing import ROOT_KEYS, Answered, Signing, Wire, query
from tests.support.house import TestHouse


def root(house: TestHouse, action: str, **members: str) -> Wire:
    return query(Signing(ROOT_KEYS, house.clock.now(), "iam"), action, **members)


def anns(house: TestHouse, keys: Keys, action: str, **members: str) -> Wire:
    return query(Signing(keys, house.clock.now(), "sts"), action, **members)


def test_a_copy_of_a_request_makes_no_second_key(house: TestHouse) -> None:
    """SIG-03"""
    admin(house).create_user(UserName="ann")
    captured = root(house, "CreateAccessKey", UserName="ann")
    assert captured.send(house).status == 200
    for _ in range(2):
        answer = captured.send(house)
        assert (answer.status, answer.code) == (400, "Throttling")
        assert b"SecretAccessKey" not in answer.body
    assert len(admin(house).list_access_keys(UserName="ann")["AccessKeyMetadata"]) == 1
    house.clock.step(1)
    assert root(house, "CreateAccessKey", UserName="ann").send(house).status == 200


def test_a_copy_of_a_request_yields_no_second_credentials(house: TestHouse) -> None:
    """SIG-03"""
    keys = user(house, "ann", allow("sts:*"))
    arn = role(house, "r", trust({"AWS": ROOT}))
    captured = [
        anns(house, keys, "AssumeRole", RoleArn=arn, RoleSessionName="name"),
        anns(house, keys, "GetSessionToken"),
    ]
    for wire in captured:
        assert wire.send(house).status == 200
        answer = wire.send(house)
        assert (answer.status, answer.code) == (400, "Throttling")
        assert b"SessionToken" not in answer.body


def test_of_many_copies_at_once_one_has_an_effect(house: TestHouse) -> None:
    """SIG-03"""
    admin(house).create_user(UserName="ann")
    captured = root(house, "CreateAccessKey", UserName="ann")
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: captured.send(house), range(8)))
    assert sorted(answer.code for answer in answers) == ["", *["Throttling"] * 7]
    assert len(admin(house).list_access_keys(UserName="ann")["AccessKeyMetadata"]) == 1


def test_a_copy_cannot_undo_a_later_change(house: TestHouse) -> None:
    """SIG-03"""
    admin(house).create_user(UserName="ann")
    text = document(allow("*"))
    captured = root(house, "PutUserPolicy", UserName="ann", PolicyName="p", PolicyDocument=text)
    assert captured.send(house).status == 200
    admin(house).delete_user_policy(UserName="ann", PolicyName="p")
    house.clock.step(200)
    assert captured.send(house).code == "Throttling"
    assert admin(house).list_user_policies(UserName="ann")["PolicyNames"] == []


def test_what_an_operation_refuses_by_itself_it_refuses_in_its_own_words(
    sqlite_house: TestHouse,
) -> None:
    captured = root(sqlite_house, "CreateUser", UserName="ann")
    assert captured.send(sqlite_house).status == 200
    assert captured.send(sqlite_house).code == "EntityAlreadyExists"


def test_a_request_that_failed_may_be_sent_again(sqlite_house: TestHouse) -> None:
    captured = root(sqlite_house, "CreateAccessKey", UserName="ann")
    assert captured.send(sqlite_house).code == "NoSuchEntity"
    admin(sqlite_house).create_user(UserName="ann")
    assert captured.send(sqlite_house).status == 200


@pytest.mark.parametrize("action", ["GetUser", "ListUsers"])
def test_what_changes_nothing_may_be_asked_twice(sqlite_house: TestHouse, action: str) -> None:
    wire = root(sqlite_house, action)
    answers: list[Answered] = [wire.send(sqlite_house) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]


def test_signatures_are_forgotten_when_their_time_is_over(house: TestHouse) -> None:
    """SIG-03"""
    admin(house).create_user(UserName="ann")
    captured = root(house, "CreateAccessKey", UserName="ann")
    assert captured.send(house).status == 200
    with Unit(house.services.database) as unit:
        assert replay.sweep(unit, house.clock.now() + 299) == 0
    assert captured.send(house).code == "Throttling"
    house.clock.step(305)
    with Unit(house.services.database) as unit:
        assert replay.sweep(unit, house.clock.now()) >= 1
    assert captured.send(house).code == "SignatureDoesNotMatch"
