"""Identities through the AWS SDK: guests, users, going up, linking, unlinking, and lists."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.identitypools.people import Federation, People, federation, refusal
from tests.support.house import REGION, TestHouse

ID = re.compile(rf"{REGION}:[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}")
NO_MATCH = (
    "Logins don't match. Please include at least one valid login for this identity or "
    "identity pool."
)


def forbidden(identity_id: str) -> tuple[str, str]:
    return "NotAuthorizedException", f"Access to Identity '{identity_id}' is forbidden."


def not_found(identity_id: str) -> tuple[str, str]:
    return "ResourceNotFoundException", f"Identity '{identity_id}' not found."


def two_pools(house: TestHouse, **settings: Any) -> tuple[Federation, People]:
    """An identity pool that takes the tokens of two user pools."""
    first, second = People(house), People(house)
    providers = [
        {"ProviderName": people.provider, "ClientId": people.client.id}
        for people in (first, second)
    ]
    return federation(house, first, CognitoIdentityProviders=providers, **settings), second


def test_a_guest_gets_a_new_identity_each_time_and_a_user_always_the_same(
    house: TestHouse,
) -> None:
    fed = federation(house)
    guests = {fed.get_id(), fed.get_id(Logins={})}
    assert len(guests) == 2 and all(ID.fullmatch(guest) for guest in guests)

    alice, bob = fed.people.user("alice"), fed.people.user("bob")
    hers = fed.get_id(Logins=fed.people.logins(alice), AccountId="000000000000")
    assert ID.fullmatch(hers) and hers not in guests
    # The issuer without its scheme is another name of the same provider.
    spoken = fed.people.issuer.removeprefix("http://")
    token = fed.people.id_token(alice)
    assert fed.get_id(Logins={spoken: token}) == hers
    assert fed.get_id(Logins={spoken: token, fed.people.provider: token}) == hers
    assert fed.get_id(Logins=fed.people.logins(bob)) not in {hers, *guests}

    shown = fed.admin.describe_identity(IdentityId=hers)
    assert shown["IdentityId"] == hers and shown["Logins"] == [fed.people.provider]
    assert shown["CreationDate"] <= shown["LastModifiedDate"]


def test_the_two_names_of_a_provider_with_two_users_are_a_conflict(
    sqlite_house: TestHouse,
) -> None:
    """IDP-04"""
    fed = federation(sqlite_house)
    people = fed.people
    logins = people.logins(people.user("a"))
    logins[people.issuer.removeprefix("http://")] = people.id_token(people.user("b"))
    code, _ = refusal(fed.public.get_id, IdentityPoolId=fed.pool_id, Logins=logins)
    assert code == "ResourceConflictException"


def test_no_guests_where_the_pool_does_not_admit_them(house: TestHouse) -> None:
    """IDP-02"""
    fed = federation(house, AllowClassicFlow=True)
    guest = fed.get_id()
    fed.credentials(guest)
    fed.admin.update_identity_pool(
        IdentityPoolId=fed.pool_id,
        IdentityPoolName="closed",
        AllowUnauthenticatedIdentities=False,
        AllowClassicFlow=True,
    )
    closed = (
        "NotAuthorizedException",
        "Unauthenticated access is not supported for this identity pool.",
    )
    assert refusal(fed.public.get_id, IdentityPoolId=fed.pool_id) == closed
    assert refusal(fed.public.get_credentials_for_identity, IdentityId=guest) == closed
    assert refusal(fed.public.get_open_id_token, IdentityId=guest) == closed


def test_a_guest_who_signs_in_for_the_first_time_keeps_the_identity(house: TestHouse) -> None:
    fed = federation(house)
    alice, guest = fed.people.user("alice"), fed.get_id()
    fed.credentials(guest)
    answer = fed.credentials(guest, fed.people.logins(alice))
    assert answer["IdentityId"] == guest
    assert fed.get_id(Logins=fed.people.logins(alice)) == guest
    # Once authenticated, an identity never serves guests again.
    assert refusal(fed.credentials, identity_id=guest) == forbidden(guest)


def test_a_guest_who_signs_in_again_goes_up_in_the_identity_they_have(house: TestHouse) -> None:
    """IDP-04: the loser is disabled."""
    fed = federation(house)
    alice = fed.people.user("alice")
    hers, guest = fed.get_id(Logins=fed.people.logins(alice)), fed.get_id()
    for _ in range(2):  # a client may send the guest's id once more
        answer = fed.credentials(guest, fed.people.logins(alice))
        assert answer["IdentityId"] == hers
    assert refusal(fed.credentials, identity_id=guest) == forbidden(guest)
    assert fed.admin.describe_identity(IdentityId=guest)["Logins"] == []
    # Nobody else comes by the merged guest's id.
    bob = fed.people.logins(fed.people.user("bob"))
    assert refusal(fed.credentials, identity_id=guest, logins=bob) == forbidden(guest)

    def listed(hide: bool) -> set[str]:
        page = fed.admin.list_identities(
            IdentityPoolId=fed.pool_id, MaxResults=60, HideDisabled=hide
        )
        return {each["IdentityId"] for each in page["Identities"]}

    assert listed(hide=False) == {hers, guest} and listed(hide=True) == {hers}


def test_nobody_uses_the_identity_of_another_with_their_own_token(house: TestHouse) -> None:
    """IDP-03"""
    fed = federation(house, AllowClassicFlow=True)
    alice, bob = fed.people.user("alice"), fed.people.user("bob")
    hers = fed.get_id(Logins=fed.people.logins(alice))
    for logins in (fed.people.logins(bob), {}):
        expected = ("NotAuthorizedException", NO_MATCH) if logins else forbidden(hers)
        for ask in (fed.public.get_credentials_for_identity, fed.public.get_open_id_token):
            assert refusal(ask, IdentityId=hers, Logins=logins) == expected
    # Bob's attempts gave his login to nobody.
    assert fed.get_id(Logins=fed.people.logins(bob)) != hers
    his = fed.get_id(Logins=fed.people.logins(bob))
    assert refusal(
        fed.public.unlink_identity,
        IdentityId=hers,
        Logins=fed.people.logins(bob),
        LoginsToRemove=[fed.people.provider],
    ) == ("NotAuthorizedException", NO_MATCH)
    assert fed.get_id(Logins=fed.people.logins(alice)) == hers != his
    unknown = f"{REGION}:00000000-0000-4000-8000-000000000000"
    code, message = refusal(
        fed.public.get_credentials_for_identity,
        IdentityId=unknown,
        Logins=fed.people.logins(bob),
    )
    assert (code, message) == not_found(unknown)


def test_several_logins_are_linked_and_never_merge_two_identities(house: TestHouse) -> None:
    """IDP-04"""
    fed, second = two_pools(house)
    alice, also = fed.people.user("alice"), second.user("also-alice")
    both = {**fed.people.logins(alice), **second.logins(also)}
    hers = fed.get_id(Logins=fed.people.logins(alice))
    assert fed.get_id(Logins=both) == hers  # an implicit link
    assert fed.get_id(Logins=second.logins(also)) == hers
    providers = sorted([fed.people.provider, second.provider])
    assert fed.admin.describe_identity(IdentityId=hers)["Logins"] == providers

    # Another user of the second pool cannot be linked beside the first one.
    other = {**fed.people.logins(alice), **second.logins(second.user("other"))}
    code, _ = refusal(fed.public.get_id, IdentityPoolId=fed.pool_id, Logins=other)
    assert code == "ResourceConflictException"
    # Two users who have an identity each stay two.
    bob, carol = fed.people.user("bob"), second.user("carol")
    his = fed.get_id(Logins=fed.people.logins(bob))
    assert fed.get_id(Logins=second.logins(carol)) != his
    two = {**fed.people.logins(bob), **second.logins(carol)}
    for ask, named in (
        (fed.public.get_id, {"IdentityPoolId": fed.pool_id}),
        (fed.public.get_credentials_for_identity, {"IdentityId": his}),
        (fed.public.get_credentials_for_identity, {"IdentityId": fed.get_id()}),
    ):
        assert refusal(ask, Logins=two, **named)[0] == "ResourceConflictException"


def test_a_login_is_unlinked_and_the_last_one_leaves_the_identity_unusable(
    house: TestHouse,
) -> None:
    fed, second = two_pools(house)
    alice, also = fed.people.user("alice"), second.user("also-alice")
    both = {**fed.people.logins(alice), **second.logins(also)}
    hers = fed.get_id(Logins=both)
    fed.public.unlink_identity(
        IdentityId=hers,
        Logins=fed.people.logins(alice),
        LoginsToRemove=[second.issuer.removeprefix("http://"), "accounts.google.com"],
    )
    assert fed.admin.describe_identity(IdentityId=hers)["Logins"] == [fed.people.provider]
    assert fed.get_id(Logins=second.logins(also)) != hers  # seen as a new user
    last = {"Logins": fed.people.logins(alice), "LoginsToRemove": [fed.people.provider]}
    fed.public.unlink_identity(IdentityId=hers, **last)
    assert refusal(fed.credentials, identity_id=hers) == forbidden(hers)
    assert refusal(fed.credentials, identity_id=hers, logins=last["Logins"]) == forbidden(hers)
    assert refusal(fed.public.unlink_identity, IdentityId=hers, **last) == forbidden(hers)
    assert fed.get_id(Logins=fed.people.logins(alice)) != hers


def test_identities_are_listed_in_pages_and_removed(house: TestHouse) -> None:
    """ADM-01: lists and their tokens keep to their pool."""
    fed = federation(house)
    other = federation(house, fed.people)
    made = {fed.get_id() for _ in range(3)}
    foreign = other.get_id()
    alice = fed.people.logins(fed.people.user("alice"))
    hers = fed.get_id(Logins=alice)

    first = fed.admin.list_identities(IdentityPoolId=fed.pool_id, MaxResults=3)
    assert first["IdentityPoolId"] == fed.pool_id
    rest = fed.admin.list_identities(
        IdentityPoolId=fed.pool_id, MaxResults=3, NextToken=first["NextToken"]
    )
    found = [each["IdentityId"] for each in (*first["Identities"], *rest["Identities"])]
    assert sorted(found) == sorted({*made, hers}) and "NextToken" not in rest
    for wrong in (
        {"IdentityPoolId": other.pool_id},
        {"IdentityPoolId": fed.pool_id, "HideDisabled": True},
    ):
        code, _ = refusal(
            fed.admin.list_identities, MaxResults=3, NextToken=first["NextToken"], **wrong
        )
        assert code == "ValidationException"

    unknown = f"{REGION}:00000000-0000-4000-8000-000000000000"
    gone = [*made, hers, unknown]
    answer = fed.admin.delete_identities(IdentityIdsToDelete=gone)
    assert answer["UnprocessedIdentityIds"] == []
    for identity_id in gone:
        assert refusal(fed.admin.describe_identity, IdentityId=identity_id) == not_found(
            identity_id
        )
    assert fed.get_id(Logins=alice) != hers
    assert other.admin.describe_identity(IdentityId=foreign)["IdentityId"] == foreign


def test_a_pool_that_goes_takes_its_identities_along(house: TestHouse) -> None:
    """IDP-09"""
    fed = federation(house)
    alice = fed.people.logins(fed.people.user("alice"))
    hers, guest = fed.get_id(Logins=alice), fed.get_id()
    fed.admin.delete_identity_pool(IdentityPoolId=fed.pool_id)
    assert refusal(fed.credentials, identity_id=hers, logins=alice) == not_found(hers)
    assert refusal(fed.credentials, identity_id=guest) == not_found(guest)


@pytest.mark.parametrize("identity_id", ["us-east-1:", "", "x" * 56, "us-east-1:zzz", "🦊:1"])
def test_an_id_of_no_form_is_refused_by_the_contract(
    sqlite_house: TestHouse, identity_id: str
) -> None:
    public = sqlite_house.unsigned("cognito-identity")
    code, _ = refusal(public.get_credentials_for_identity, IdentityId=identity_id)
    assert code == "ValidationException"
