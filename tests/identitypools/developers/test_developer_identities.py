"""Developer identities through the AWS SDK."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identitypools.identities.test_races import at_once
from tests.identitypools.people import (
    AUTH,
    COGNITO,
    Federation,
    add_role,
    admit,
    claims,
    federation,
    refusal,
    trust,
)
from tests.support.house import REGION, TestHouse

DEV = "login.example"
NOBODY = f"{REGION}:00000000-0000-4000-8000-000000000000"


def developed(house: TestHouse, beside: Federation | None = None, **settings: Any) -> Federation:
    people = beside.people if beside else None
    return federation(house, people, DeveloperProviderName=DEV, **settings)


def vouch(fed: Federation, user: str, **more: Any) -> Any:
    logins = {DEV: user, **more.pop("logins", {})}
    return fed.admin.get_open_id_token_for_developer_identity(
        IdentityPoolId=fed.pool_id, Logins=logins, **more
    )


def lookup(fed: Federation, **ask: Any) -> Any:
    return fed.admin.lookup_developer_identity(IdentityPoolId=fed.pool_id, **ask)


def test_a_developers_user_has_one_identity_and_gets_credentials_by_its_token(
    house: TestHouse,
) -> None:
    """IDP-08"""
    fed = developed(house, AllowClassicFlow=False)
    admit(house, fed)
    made = vouch(fed, "dev-1", PrincipalTags={"team": "red"}, TokenDuration=86400)
    hers = made["IdentityId"]
    assert vouch(fed, "dev-1")["IdentityId"] == hers != vouch(fed, "dev-2")["IdentityId"]
    said = claims(made["Token"])
    assert said["sub"] == hers and said["aud"] == fed.pool_id
    assert said["amr"] == ["authenticated", DEV, f"{DEV}:{fed.pool_id}:dev-1"]
    assert said["exp"] - said["iat"] == 86400
    assert said["https://aws.amazon.com/tags"] == {"principal_tags": {"team": ["red"]}}
    usual = claims(vouch(fed, "dev-1")["Token"])
    assert usual["exp"] - usual["iat"] == 900

    session = fed.session(hers, {COGNITO: made["Token"]})
    assert session.principal_arn == AUTH and session.tags == {"team": "red"}
    assert session.context[f"{COGNITO}:amr"] == said["amr"] and session.policies == []
    answer = house.unsigned("sts").assume_role_with_web_identity(
        RoleArn=AUTH, RoleSessionName="web", WebIdentityToken=made["Token"]
    )
    assert answer["SubjectFromWebIdentityToken"] == hers
    assert fed.admin.describe_identity(IdentityId=hers)["Logins"] == [DEV]


def test_an_identifier_may_be_as_long_as_the_contract_says(house: TestHouse) -> None:
    fed = developed(house)
    longest = "".join(chr(0x1F300 + number % 700) for number in range(1024))
    hers = vouch(fed, longest)["IdentityId"]
    assert vouch(fed, longest)["IdentityId"] == hers != vouch(fed, longest[1:])["IdentityId"]
    found = lookup(fed, DeveloperUserIdentifier=longest)
    assert found["DeveloperUserIdentifierList"] == [longest]


def test_what_is_no_developers_request_is_refused(house: TestHouse) -> None:
    """IDP-08, IDP-03"""
    fed = developed(house)
    ask = {"IdentityPoolId": fed.pool_id, "Logins": {DEV: "dev-1"}}
    unsigned = fed.public.get_open_id_token_for_developer_identity
    assert refusal(unsigned, **ask)[0] == "MissingAuthenticationTokenException"
    call = fed.admin.get_open_id_token_for_developer_identity
    for change, code in (
        ({"TokenDuration": 86401}, "ValidationException"),
        ({"TokenDuration": 0}, "ValidationException"),
        ({"Logins": {}}, "InvalidParameterException"),
        ({"Logins": {"other.example": "dev-1"}}, "InvalidParameterException"),
        ({"Logins": {DEV: "dev-1", "other.example": "x"}}, "InvalidParameterException"),
        ({"Logins": {DEV: "x" * 1025}}, "InvalidParameterException"),
        ({"PrincipalTags": {"aws:x": "y"}}, "InvalidParameterException"),
        ({"PrincipalTags": {"team": "*"}}, "InvalidParameterException"),
        ({"IdentityId": NOBODY}, "ResourceNotFoundException"),
        ({"IdentityPoolId": NOBODY}, "ResourceNotFoundException"),
    ):
        assert refusal(call, **{**ask, **change})[0] == code, change
    # Nobody says of themselves that they are a developer's user.
    for key in (DEV, COGNITO):
        logins = {key: "dev-1"}
        code, _ = refusal(fed.public.get_id, IdentityPoolId=fed.pool_id, Logins=logins)
        assert code in ("InvalidParameterException", "NotAuthorizedException")
    made = vouch(fed, "dev-1")
    assert refusal(fed.credentials, identity_id=made["IdentityId"], logins={DEV: "dev-1"})[0] == (
        "InvalidParameterException"
    )
    plain = federation(house, fed.people)
    code, _ = refusal(call, **{**ask, "IdentityPoolId": plain.pool_id})
    assert code == "InvalidParameterException"


def test_a_token_is_good_for_its_own_identity_as_long_as_its_user_is_linked(
    house: TestHouse,
) -> None:
    """TOK-05, TOK-07, IDP-03"""
    fed = developed(house)
    first, second = vouch(fed, "dev-1"), vouch(fed, "dev-2")
    other = developed(house, fed)
    foreign = vouch(other, "dev-1")
    ask: dict[str, Any] = {"identity_id": first["IdentityId"]}
    for token, words in (
        (second["Token"], "Logins don't match. "),
        (foreign["Token"], "Logins don't match. "),
        (first["Token"][:-4] + "AAAA", "Invalid login token. Couldn't verify signed token."),
        ("garbage", "Invalid login token. Not a valid OpenId Connect identity token."),
        (
            fed.people.id_token(fed.people.user("alice")),
            "Invalid login token. Issuer doesn't match providerName",
        ),
    ):
        code, message = refusal(fed.credentials, **ask, logins={COGNITO: token})
        assert code == "NotAuthorizedException" and message.startswith(words), message
    mixed = {COGNITO: first["Token"], **fed.people.logins(fed.people.user("bob"))}
    assert refusal(fed.credentials, **ask, logins=mixed)[0] == "InvalidParameterException"
    assert fed.credentials(first["IdentityId"], {COGNITO: first["Token"]})
    fed.admin.unlink_developer_identity(
        IdentityPoolId=fed.pool_id,
        IdentityId=first["IdentityId"],
        DeveloperProviderName=DEV,
        DeveloperUserIdentifier="dev-1",
    )
    code, _ = refusal(fed.credentials, **ask, logins={COGNITO: first["Token"]})
    assert code == "NotAuthorizedException"


def test_a_developer_links_logins_to_an_identity_but_cannot_steal_one(house: TestHouse) -> None:
    """IDP-08"""
    fed = developed(house)
    people = fed.people
    alice = people.user("alice")
    hers, guest = fed.get_id(Logins=people.logins(alice)), fed.get_id()
    # To an identity that is named, or by a token that comes along.
    assert vouch(fed, "dev-1", IdentityId=hers)["IdentityId"] == hers
    made = vouch(fed, "dev-1", logins=people.logins(alice))
    assert made["IdentityId"] == hers
    assert claims(made["Token"])["amr"][1::2] == [DEV, people.provider]
    assert fed.session(hers, {COGNITO: made["Token"]}).principal_arn == AUTH
    assert vouch(fed, "dev-2", IdentityId=guest)["IdentityId"] == guest
    assert refusal(fed.credentials, identity_id=guest)[0] == "NotAuthorizedException"

    taken = "DeveloperUserAlreadyRegisteredException"
    assert refusal(vouch, fed=fed, user="dev-1", IdentityId=guest)[0] == taken
    assert refusal(vouch, fed=fed, user="dev-1", IdentityId=fed.get_id())[0] == taken
    conflict = "ResourceConflictException"
    logins = people.logins(alice)
    assert refusal(vouch, fed=fed, user="dev-2", logins=logins)[0] == conflict
    assert refusal(vouch, fed=fed, user="dev-3", IdentityId=guest, logins=logins)[0] == conflict
    for number in range(10, 28):
        vouch(fed, f"dev-{number}", IdentityId=hers)
    assert refusal(vouch, fed=fed, user="dev-one-too-many", IdentityId=hers)[0] == conflict


def test_identities_are_looked_up_by_either_name(house: TestHouse) -> None:
    """ADM-01"""
    fed = developed(house)
    other = developed(house, fed)
    hers = vouch(fed, "dev-1")["IdentityId"]
    for name in ("dev-2", "dev-3"):
        vouch(fed, name, IdentityId=hers)
    found = lookup(fed, DeveloperUserIdentifier="dev-2")
    every = ["dev-1", "dev-2", "dev-3"]
    assert found["IdentityId"] == hers and found["DeveloperUserIdentifierList"] == every
    first = lookup(fed, IdentityId=hers, MaxResults=2)
    assert first["DeveloperUserIdentifierList"] == every[:2]
    rest = lookup(fed, IdentityId=hers, MaxResults=2, NextToken=first["NextToken"])
    assert rest["DeveloperUserIdentifierList"] == every[2:] and "NextToken" not in rest
    both = lookup(fed, IdentityId=hers, DeveloperUserIdentifier="dev-3")
    assert both["IdentityId"] == hers and both["DeveloperUserIdentifierList"] == ["dev-3"]

    theirs = vouch(other, "dev-1")["IdentityId"]
    for ask, code in (
        ({}, "InvalidParameterException"),
        ({"DeveloperUserIdentifier": "nobody"}, "ResourceNotFoundException"),
        ({"IdentityId": NOBODY}, "ResourceNotFoundException"),
        ({"IdentityId": theirs}, "ResourceNotFoundException"),
        ({"IdentityId": theirs, "DeveloperUserIdentifier": "dev-1"}, "ResourceConflictException"),
        ({"IdentityId": hers, "NextToken": "x"}, "ValidationException"),
    ):
        assert refusal(lookup, fed=fed, **ask)[0] == code, ask
    foreign = {"IdentityId": theirs, "MaxResults": 2, "NextToken": first["NextToken"]}
    assert refusal(lookup, fed=other, **foreign)[0] == "ValidationException"
    plain = federation(house, fed.people)
    assert refusal(lookup, fed=plain, DeveloperUserIdentifier="dev-1")[0] == (
        "ResourceNotFoundException"
    )


def merge(fed: Federation, source: str, destination: str, provider: str = DEV) -> Any:
    return fed.admin.merge_developer_identities(
        IdentityPoolId=fed.pool_id,
        SourceUserIdentifier=source,
        DestinationUserIdentifier=destination,
        DeveloperProviderName=provider,
    )


def test_two_users_are_merged_and_the_sources_identity_is_disabled(house: TestHouse) -> None:
    """IDP-04"""
    fed = developed(house)
    people = fed.people
    alice = people.user("alice")
    source, target = vouch(fed, "old"), vouch(fed, "new")["IdentityId"]
    vouch(fed, "old", IdentityId=source["IdentityId"], logins=people.logins(alice))
    assert merge(fed, "old", "new")["IdentityId"] == target
    assert merge(fed, "old", "new")["IdentityId"] == target  # one already: nothing to do
    found = lookup(fed, IdentityId=target)["DeveloperUserIdentifierList"]
    assert found == ["new", "old"] and vouch(fed, "old")["IdentityId"] == target
    assert fed.get_id(Logins=people.logins(alice)) == target
    gone: dict[str, Any] = {"identity_id": source["IdentityId"]}
    assert refusal(fed.credentials, **gone)[0] == "NotAuthorizedException"
    for logins in ({COGNITO: source["Token"]}, people.logins(people.user("bob"))):
        assert refusal(fed.credentials, **gone, logins=logins)[0] == "NotAuthorizedException"
    # The user of the merged identity is led on to where they are now.
    answer = fed.credentials(source["IdentityId"], people.logins(alice))
    assert answer["IdentityId"] == target


def test_users_that_cannot_be_one_are_not_merged(house: TestHouse) -> None:
    """ADM-01, IDP-04"""
    fed = developed(house)
    other = developed(house, fed)
    people = fed.people
    first, second = vouch(fed, "a")["IdentityId"], vouch(fed, "b")["IdentityId"]
    for name, identity_id in (("a", first), ("b", second)):
        logins = people.logins(people.user(name))
        vouch(fed, name, IdentityId=identity_id, logins=logins)
    vouch(other, "c")
    for source, destination, provider, code in (
        ("a", "b", DEV, "ResourceConflictException"),
        ("a", "nobody", DEV, "ResourceNotFoundException"),
        ("nobody", "b", DEV, "ResourceNotFoundException"),
        ("a", "c", DEV, "ResourceNotFoundException"),
        ("a", "b", "other.example", "InvalidParameterException"),
    ):
        ask = {"source": source, "destination": destination, "provider": provider}
        assert refusal(merge, fed=fed, **ask)[0] == code
    assert lookup(fed, IdentityId=first)["DeveloperUserIdentifierList"] == ["a"]


def test_users_merged_into_each_other_at_once_end_in_one_identity(house: TestHouse) -> None:
    """IDP-04"""
    fed = developed(house)
    both = [vouch(fed, name)["IdentityId"] for name in ("a", "b")]
    pairs = [("a", "b"), ("b", "a")] * 4
    found = at_once(8, lambda number: str(merge(fed, *pairs[number])["IdentityId"]))
    assert set(found) <= {*both, "ResourceConflictException"} and set(found) & set(both)
    survivor = lookup(fed, DeveloperUserIdentifier="a")["IdentityId"]
    assert lookup(fed, DeveloperUserIdentifier="b")["IdentityId"] == survivor
    page = fed.admin.list_identities(IdentityPoolId=fed.pool_id, MaxResults=60, HideDisabled=True)
    assert [each["IdentityId"] for each in page["Identities"]] == [survivor]


def test_a_user_is_unlinked_and_a_new_one_the_next_time(house: TestHouse) -> None:
    """ADM-01"""
    fed = developed(house)
    other = developed(house, fed)
    hers = vouch(fed, "dev-1")["IdentityId"]
    vouch(other, "dev-1")
    vouch(fed, "dev-2", IdentityId=hers)
    unlink = fed.admin.unlink_developer_identity
    ask = {
        "IdentityPoolId": fed.pool_id,
        "IdentityId": hers,
        "DeveloperProviderName": DEV,
        "DeveloperUserIdentifier": "dev-1",
    }
    for change, code in (
        ({"DeveloperUserIdentifier": "nobody"}, "ResourceNotFoundException"),
        ({"IdentityId": NOBODY}, "ResourceNotFoundException"),
        ({"IdentityPoolId": other.pool_id}, "ResourceNotFoundException"),
        ({"DeveloperProviderName": "other.example"}, "InvalidParameterException"),
    ):
        assert refusal(unlink, **{**ask, **change})[0] == code, change
    unlink(**ask)
    assert refusal(lookup, fed=fed, DeveloperUserIdentifier="dev-1")[0] == (
        "ResourceNotFoundException"
    )
    assert vouch(fed, "dev-2")["IdentityId"] == hers != vouch(fed, "dev-1")["IdentityId"]
    unlink(**{**ask, "DeveloperUserIdentifier": "dev-2"})
    assert refusal(vouch, fed=fed, user="dev-3", IdentityId=hers)[0] == "NotAuthorizedException"


@pytest.mark.parametrize("tagging", [True, False])
def test_a_developers_tags_need_the_roles_leave(sqlite_house: TestHouse, tagging: bool) -> None:
    """IDP-07"""
    fed = developed(sqlite_house)
    actions = ["sts:TagSession"] if tagging else []
    add_role(sqlite_house, AUTH, trust(fed.pool_id, "authenticated", *actions))
    made = vouch(fed, "dev-1", PrincipalTags={"team": "red"})
    logins = {COGNITO: made["Token"]}
    if tagging:
        assert fed.session(made["IdentityId"], logins).tags == {"team": "red"}
    else:
        code, _ = refusal(fed.credentials, identity_id=made["IdentityId"], logins=logins)
        assert code == "InvalidIdentityPoolConfigurationException"
