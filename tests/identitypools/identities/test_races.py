"""Identities when everybody comes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from botocore.exceptions import ClientError

from tests.identitypools.people import federation
from tests.support.house import TestHouse


def at_once(count: int, ask: Callable[[int], str]) -> list[str]:
    """The answers of so many calls begun together; the error code of those refused."""
    ready = Barrier(count)

    def one(number: int) -> str:
        ready.wait(timeout=30)
        try:
            return ask(number)
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def listed(admin: object, pool_id: str) -> Sequence[str]:
    page = admin.list_identities(IdentityPoolId=pool_id, MaxResults=60)  # type: ignore[attr-defined]
    return [each["IdentityId"] for each in page["Identities"]]


def test_a_new_login_seen_fifty_times_at_once_gets_one_identity(house: TestHouse) -> None:
    """IDP-04"""
    fed = federation(house)
    logins = fed.people.logins(fed.people.user("alice"))
    found = at_once(50, lambda _: fed.get_id(Logins=logins))
    assert set(found) == {fed.get_id(Logins=logins)}
    assert listed(fed.admin, fed.pool_id) == [found[0]]


def test_one_guest_claimed_by_many_users_at_once_becomes_one_of_them(house: TestHouse) -> None:
    """IDP-04"""
    fed = federation(house)
    guest = fed.get_id()
    users = [fed.people.user(f"user{number}") for number in range(8)]
    logins = [fed.people.logins(user) for user in users]
    found = at_once(8, lambda number: str(fed.credentials(guest, logins[number])["IdentityId"]))
    assert sorted(found) == ["NotAuthorizedException"] * 7 + [guest]
    winner = found.index(guest)
    assert fed.get_id(Logins=logins[winner]) == guest
    assert all(fed.get_id(Logins=each) != guest for each in logins if each != logins[winner])


def test_many_guests_of_one_user_go_up_in_one_identity(house: TestHouse) -> None:
    """IDP-04"""
    fed = federation(house)
    logins = fed.people.logins(fed.people.user("alice"))
    guests = [fed.get_id() for _ in range(8)]
    found = at_once(8, lambda number: str(fed.credentials(guests[number], logins)["IdentityId"]))
    assert set(found) == {fed.get_id(Logins=logins)} and found[0] in guests
    page = fed.admin.list_identities(IdentityPoolId=fed.pool_id, MaxResults=60, HideDisabled=True)
    assert [each["IdentityId"] for each in page["Identities"]] == [found[0]]


def test_a_new_developers_user_seen_at_once_gets_one_identity(house: TestHouse) -> None:
    """IDP-08: and the first key of all signs for those, too, who came a moment before it."""
    fed = federation(house, DeveloperProviderName="login.dev")

    def ask(_: int) -> str:
        answer = fed.admin.get_open_id_token_for_developer_identity(
            IdentityPoolId=fed.pool_id, Logins={"login.dev": "alice"}
        )
        return str(answer["IdentityId"])

    assert len(set(at_once(12, ask))) == 1
    assert len(listed(fed.admin, fed.pool_id)) == 1


def test_two_users_merged_at_once_either_way_become_one(house: TestHouse) -> None:
    fed = federation(house, DeveloperProviderName="login.dev")
    for name in ("a", "b"):
        fed.admin.get_open_id_token_for_developer_identity(
            IdentityPoolId=fed.pool_id, Logins={"login.dev": name}
        )

    def merge(number: int) -> str:
        names = ("a", "b") if number % 2 else ("b", "a")
        answer = fed.admin.merge_developer_identities(
            IdentityPoolId=fed.pool_id,
            DeveloperProviderName="login.dev",
            SourceUserIdentifier=names[0],
            DestinationUserIdentifier=names[1],
        )
        return str(answer["IdentityId"])

    (survivor,) = set(at_once(6, merge))
    found = fed.admin.lookup_developer_identity(IdentityPoolId=fed.pool_id, IdentityId=survivor)
    assert found["DeveloperUserIdentifierList"] == ["a", "b"]
