"""PreTokenGeneration: what it may change in tokens, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.house import TestHouse
from tests.support.signing_in import Scene, claims, refused
from tests.userpools.triggers.scene import (
    ARN,
    UNRECOGNIZABLE,
    Functions,
    hooked,
)

RESERVED = (
    "acr amr at_hash aud auth_time azp client_id cognito:username cognito:groups cognito:roles "
    "cognito:preferred_role cognito:x device_key event_id exp iat identities iss jti nbf nonce "
    "origin_jti scope sub token_use username version dev:custom:x"
).split()
MEMBERS = {"1": "claimsOverrideDetails", "2": "claimsAndScopeOverrideDetails"}
ROLE = "arn:aws:iam::000000000000:role/staff"


def scene_of(house: TestHouse, version: str = "1") -> tuple[Scene, Functions]:
    arn = ARN + "PreTokenGeneration"
    config = {"LambdaArn": arn, "LambdaVersion": f"V{version}_0"}
    scene, functions = hooked(house, LambdaConfig={"PreTokenGenerationConfig": config})
    scene.user("ann", email="ann@example.com", email_verified="true", nickname="Ann")
    given = {"UserPoolId": scene.pool, "GroupName": "staff"}
    scene.idp.create_group(**given, RoleArn=ROLE, Precedence=1)
    scene.idp.admin_add_user_to_group(**given, Username="ann")
    return scene, functions


def issued(scene: Scene) -> tuple[dict[str, Any], dict[str, Any]]:
    tokens = scene.tokens("ann")
    return claims(tokens["IdToken"]), claims(tokens["AccessToken"])


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What differs, but for what differs between any two tokens."""
    moving = {"jti", "origin_jti", "event_id", "exp", "iat", "auth_time"}
    names = (before.keys() | after.keys()) - moving
    assert moving <= after.keys()
    return {n: after.get(n) for n in names if before.get(n) != after.get(n)}


@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_reserved_claims_are_neither_added_changed_nor_suppressed(
    house: TestHouse, version: str
) -> None:
    """TOK-10"""
    scene, functions = scene_of(house, version)
    plain = issued(scene)
    put = dict.fromkeys(RESERVED, "evil") | {"tenant": "7"}
    changes: dict[str, Any] = {"claimsToAddOrOverride": put}
    listed = [name for name in RESERVED if name != "cognito:groups"]
    for more in ({}, {"claimsToSuppress": listed}):
        one = changes | more
        details = (
            one if version == "1" else {"idTokenGeneration": one, "accessTokenGeneration": one}
        )
        functions.says("PreTokenGeneration", **{MEMBERS.get(version, MEMBERS["2"]): details})
        after = issued(scene)
        assert changed(plain[0], after[0]) == {"tenant": "7"}
        assert changed(plain[1], after[1]) == ({} if version == "1" else {"tenant": "7"})
        for one_of in after:
            assert "evil" not in one_of.values()


def test_the_first_version_changes_the_id_token_and_groups_of_both(house: TestHouse) -> None:
    scene, functions = scene_of(house)
    plain = issued(scene)
    functions.says(
        "PreTokenGeneration",
        claimsOverrideDetails={
            "claimsToAddOrOverride": {"nickname": "Änn 木", "tenant": "x" * 20_000, "empty": ""},
            "claimsToSuppress": ["email", "not there"],
            "groupOverrideDetails": {
                "groupsToOverride": ["a", "b"],
                "iamRolesToOverride": ["r"],
                "preferredRole": "r",
            },
        },
    )
    after = issued(scene)
    assert changed(plain[0], after[0]) == {
        "nickname": "Änn 木",
        "tenant": "x" * 20_000,
        "empty": "",
        "email": None,
        "cognito:groups": ["a", "b"],
        "cognito:roles": ["r"],
        "cognito:preferred_role": "r",
    }
    assert changed(plain[1], after[1]) == {"cognito:groups": ["a", "b"]}


@pytest.mark.parametrize("version", ["1", "2"])
def test_groups_left_out_stay_and_an_empty_list_takes_them_away(
    house: TestHouse, version: str
) -> None:
    scene, functions = scene_of(house, version)
    plain, member = issued(scene), MEMBERS[version]
    silent: tuple[Any, ...] = (None, {})
    for details in silent:
        functions.says("PreTokenGeneration", **{member: details})
        assert [changed(a, b) for a, b in zip(plain, issued(scene), strict=True)] == [{}, {}]
    functions.says("PreTokenGeneration")
    assert [changed(a, b) for a, b in zip(plain, issued(scene), strict=True)] == [{}, {}]
    gone = {"cognito:groups": None, "cognito:roles": None, "cognito:preferred_role": None}
    nothing: tuple[Any, ...] = (None, {}, {"groupsToOverride": []}, {"groupsToOverride": None})
    for empty in nothing:
        functions.says("PreTokenGeneration", **{member: {"groupOverrideDetails": empty}})
        after = issued(scene)
        assert changed(plain[0], after[0]) == gone, empty
        assert changed(plain[1], after[1]) == {"cognito:groups": None}, empty


@pytest.mark.parametrize("version", ["1", "2"])
def test_what_is_both_put_and_suppressed_is_suppressed(house: TestHouse, version: str) -> None:
    scene, functions = scene_of(house, version)
    both: dict[str, Any] = {
        "claimsToAddOrOverride": {"email": "evil@example.com", "tenant": "7", "kept": "k"},
        "claimsToSuppress": ["email", "tenant"],
    }
    details: dict[str, Any] = both if version == "1" else {"idTokenGeneration": both}
    plain = issued(scene)
    functions.says("PreTokenGeneration", **{MEMBERS[version]: details})
    assert changed(plain[0], issued(scene)[0]) == {"email": None, "kept": "k"}


def test_the_second_version_takes_values_of_every_kind(house: TestHouse) -> None:
    scene, functions = scene_of(house, "2")
    plain = issued(scene)
    put = {
        "nested": {"a": [1, {"b": None}], "ü": True},
        "list": ["x", 1, 2.5, False],
        "number": 12345678901234567890,
        "flag": False,
        "email_verified": {"no": "object"},
        "address": ["no list"],
    }
    kept = {name: put[name] for name in ("nested", "list", "number", "flag")}
    functions.says(
        "PreTokenGeneration",
        claimsAndScopeOverrideDetails={
            "idTokenGeneration": {"claimsToAddOrOverride": put, "claimsToSuppress": ["nickname"]},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {**put, "aud": scene.open},
                "claimsToSuppress": ["cognito:groups"],
                "scopesToAdd": ["openid", "shop/read", "openid"],
                "scopesToSuppress": ["profile"],
            },
        },
    )
    after = issued(scene)
    assert changed(plain[0], after[0]) == {**kept, "nickname": None}
    assert changed(plain[1], after[1]) == {
        **put,
        "aud": scene.open,
        "cognito:groups": None,
        "scope": "aws.cognito.signin.user.admin openid shop/read",
    }
    assert functions.request("TokenGeneration_Authentication")["scopes"] == [
        "aws.cognito.signin.user.admin"
    ]
    assert {event["version"] for event in functions.sent} == {"2"}


def test_without_its_scope_an_access_token_is_no_self_service(house: TestHouse) -> None:
    scene, functions = scene_of(house, "3")
    suppress = {"scopesToSuppress": ["aws.cognito.signin.user.admin"]}
    details = {"accessTokenGeneration": suppress}
    functions.says("PreTokenGeneration", claimsAndScopeOverrideDetails=details)
    token = scene.tokens("ann")["AccessToken"]
    expected = ("NotAuthorizedException", "Access Token does not have required scopes")
    assert refused(scene.public.get_user, AccessToken=token) == expected


@pytest.mark.parametrize(
    ("version", "details"),
    [
        ("1", []),
        ("1", "text"),
        ("1", {"claimsToAddOrOverride": {"a": ["list"]}}),
        ("1", {"claimsToAddOrOverride": {"a": {"an": "object"}}}),
        ("1", {"claimsToAddOrOverride": {"a": None}}),
        ("1", {"claimsToAddOrOverride": []}),
        ("1", {"claimsToSuppress": "email"}),
        ("1", {"claimsToSuppress": [1]}),
        ("1", {"groupOverrideDetails": []}),
        ("1", {"groupOverrideDetails": {"groupsToOverride": "staff"}}),
        ("2", {"idTokenGeneration": []}),
        ("2", {"idTokenGeneration": {"claimsToAddOrOverride": {"a": None}}}),
        ("2", {"accessTokenGeneration": {"claimsToAddOrOverride": {"a": None}}}),
        ("2", {"accessTokenGeneration": {"scopesToAdd": ["two words"]}}),
        ("2", {"accessTokenGeneration": {"scopesToAdd": ["two\nlines"]}}),
        ("2", {"accessTokenGeneration": {"scopesToAdd": [""]}}),
        ("2", {"accessTokenGeneration": {"scopesToAdd": "openid"}}),
    ],
)
def test_an_answer_of_another_shape_gives_no_tokens(
    sqlite_house: TestHouse, version: str, details: Any
) -> None:
    """TOK-10, EXT-03"""
    scene, functions = scene_of(sqlite_house, version)
    functions.says("PreTokenGeneration", **{MEMBERS[version]: details})
    assert refused(scene.sign_in, "ann") == UNRECOGNIZABLE


@pytest.mark.parametrize(("version", "other"), [("1", "2"), ("2", "1"), ("3", "1")])
def test_an_answer_to_another_version_gives_no_tokens(
    house: TestHouse, version: str, other: str
) -> None:
    """TOK-10: nobody is left believing that a claim was changed."""
    scene, functions = scene_of(house, version)
    mine, theirs = MEMBERS.get(version, MEMBERS["2"]), MEMBERS[other]
    functions.says("PreTokenGeneration", **{theirs: {}})
    assert refused(scene.sign_in, "ann") == UNRECOGNIZABLE
    functions.says("PreTokenGeneration", **{mine: {}, theirs: {}})
    assert scene.tokens("ann")
    functions.put("PreTokenGeneration", lambda event: {**event, "version": other})
    assert refused(scene.sign_in, "ann") == UNRECOGNIZABLE
    functions.put("PreTokenGeneration", lambda event: {**event, "version": int(version)})
    assert scene.tokens("ann")


def test_no_token_holds_what_json_cannot(house: TestHouse) -> None:
    scene, functions = scene_of(house, "2")
    for value in (float("nan"), float("inf"), "\ud800"):
        details = {"idTokenGeneration": {"claimsToAddOrOverride": {"odd": value}}}
        functions.says("PreTokenGeneration", claimsAndScopeOverrideDetails=details)
        assert refused(scene.sign_in, "ann")[0] == "InvalidLambdaResponseException"


def test_metadata_reaches_it_with_a_refresh_token_but_not_with_initiate_auth(
    house: TestHouse,
) -> None:
    scene, functions = scene_of(house)
    token = scene.tokens("ann")["RefreshToken"]
    functions.sources()
    scene.public.get_tokens_from_refresh_token(
        ClientId=scene.open, RefreshToken=token, ClientMetadata={"a": "b"}
    )
    source = "TokenGeneration_RefreshTokens"
    assert functions.request(source)["clientMetadata"] == {"a": "b"}
    scene.public.initiate_auth(
        ClientId=scene.open,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": token},
        ClientMetadata={"a": "b"},
    )
    assert "clientMetadata" not in functions.request(source)
