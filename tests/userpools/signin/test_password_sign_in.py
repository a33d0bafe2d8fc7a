"""USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH and what each state of a user ends in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.contract.shape import Refusal, Refused
from poolhouse.housekeeping import sweep
from poolhouse.keys.hashing import Verdict
from poolhouse.userpools.signin import tries
from poolhouse.userpools.signin.claimant import Claimants
from tests.support.house import TestHouse
from tests.support.signing_in import (
    OTHER,
    PASSWORD,
    Scene,
    claims,
    refused,
    scene_of,
    secret_hash,
)

INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")
LOCKED = ("NotAuthorizedException", "Password attempts exceeded")
admitted = tries.admit


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    return scene_of(house, AliasAttributes=["email"])


def test_a_password_is_answered_with_three_tokens(scene: Scene) -> None:
    sub = scene.user("ann", email="ann@example.com", email_verified="true")
    answer = scene.sign_in("ann")
    result = answer["AuthenticationResult"]
    assert answer["ChallengeParameters"] == {}
    assert (result["TokenType"], result["ExpiresIn"]) == ("Bearer", 3600)
    assert result["RefreshToken"].startswith("eyJjdHkiOiJKV1Qi")
    assert result["RefreshToken"].count(".") == 4
    access, identity = claims(result["AccessToken"]), claims(result["IdToken"])
    assert access["sub"] == identity["sub"] == sub
    assert access["username"] == identity["cognito:username"] == "ann"
    assert access["scope"] == "aws.cognito.signin.user.admin"
    assert identity["email_verified"] is True
    assert "aud" not in access and "email" not in access and "nbf" not in access
    assert access["event_id"] == identity["event_id"]


def test_the_admin_s_flow_is_signed_and_for_admins_only(scene: Scene) -> None:
    scene.user("ann")
    given: dict[str, Any] = {
        "ClientId": scene.open,
        "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
    }
    answer = scene.idp.admin_initiate_auth(UserPoolId=scene.pool, **given)
    assert answer["AuthenticationResult"]["AccessToken"]
    given["AuthFlow"] = "ADMIN_NO_SRP_AUTH"
    assert scene.idp.admin_initiate_auth(UserPoolId=scene.pool, **given)["AuthenticationResult"]
    assert refused(scene.public.initiate_auth, **given)[0] == "InvalidParameterException"
    other = scene.idp.create_user_pool(PoolName="other")["UserPool"]["Id"]
    code, _ = refused(scene.idp.admin_initiate_auth, UserPoolId=other, **given)
    assert code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("flow", "parameters", "words"),
    [
        (
            "USER_PASSWORD_AUTH",
            {"USERNAME": "ann", "PASSWORD": PASSWORD},
            "USER_PASSWORD_AUTH flow not enabled for this client",
        ),
        (
            "USER_SRP_AUTH",
            {"USERNAME": "ann", "SRP_A": "2"},
            "USER_SRP_AUTH is not enabled for the client.",
        ),
        (
            "REFRESH_TOKEN_AUTH",
            {"REFRESH_TOKEN": "x"},
            "Auth flow not enabled for this client",
        ),
        ("CUSTOM_AUTH", {"USERNAME": "ann"}, "CUSTOM_AUTH is not enabled for the client."),
        ("USER_AUTH", {"USERNAME": "ann"}, "USER_AUTH flow not enabled for this client"),
    ],
)
def test_a_flow_that_the_client_does_not_allow_is_refused(
    scene: Scene, flow: str, parameters: dict[str, str], words: str
) -> None:
    """CGN-18"""
    scene.user("ann")
    only = "ALLOW_USER_SRP_AUTH" if flow != "USER_SRP_AUTH" else "ALLOW_USER_PASSWORD_AUTH"
    client = scene.client(ExplicitAuthFlows=[only])
    assert refused(
        scene.public.initiate_auth, ClientId=client, AuthFlow=flow, AuthParameters=parameters
    ) == ("InvalidParameterException", words)


def test_what_is_missing_is_named(scene: Scene) -> None:
    for given, name in (({}, "USERNAME"), ({"USERNAME": "ann"}, "PASSWORD")):
        assert refused(
            scene.public.initiate_auth,
            ClientId=scene.open,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters=given,
        ) == ("InvalidParameterException", f"Missing required parameter {name}")


def test_the_secret_hash_is_proved_on_every_path(scene: Scene) -> None:
    """CGN-12"""
    scene.user("ann")
    client, secret = scene.confidential, scene.secret
    right = secret_hash("ann", client, secret)
    tokens = scene.sign_in("ann", client=client, SECRET_HASH=right)["AuthenticationResult"]
    wrong = [
        {},
        {"SECRET_HASH": secret_hash("bob", client, secret)},
        {"SECRET_HASH": secret_hash("ann", scene.open, secret)},
        {"SECRET_HASH": right[:-2]},
        {"SECRET_HASH": "ü"},
    ]
    for more in wrong:
        assert refused(scene.sign_in, "ann", client=client, **more)[0] == "NotAuthorizedException"
        code, _ = refused(scene.refresh, tokens["RefreshToken"], client, **more)
        assert code == "NotAuthorizedException"
    assert scene.refresh(tokens["RefreshToken"], client, SECRET_HASH=right)


def test_states_of_a_user_are_told_as_cognito_tells_them(scene: Scene) -> None:
    """AUT-06 at the first step."""
    scene.public.sign_up(ClientId=scene.open, Username="new", Password=PASSWORD)
    assert refused(scene.sign_in, "new") == (
        "UserNotConfirmedException",
        "User is not confirmed.",
    )
    assert refused(scene.sign_in, "new", OTHER)[0] == "UserNotConfirmedException"
    assert refused(scene.sign_in, "new", OTHER, scene.hiding) == INCORRECT
    scene.user("off")
    scene.idp.admin_disable_user(UserPoolId=scene.pool, Username="off")
    assert refused(scene.sign_in, "off") == ("NotAuthorizedException", "User is disabled.")
    assert refused(scene.srp_sign_in, "off") == ("NotAuthorizedException", "User is disabled.")
    assert refused(scene.sign_in, "off", OTHER, scene.hiding) == INCORRECT


def test_a_user_without_a_password_never_matches(scene: Scene) -> None:
    """AUT-24"""
    scene.idp.admin_create_user(UserPoolId=scene.pool, Username="none", MessageAction="SUPPRESS")
    for word in ("x", "None", "null", " "):
        assert refused(scene.sign_in, "none", word)[0] == "NotAuthorizedException"


def test_a_known_and_an_unknown_name_are_refused_alike(scene: Scene) -> None:
    """CGN-09: texts and fields; times are compared in bench."""
    scene.user("ann")
    for flow in ("sign_in", "srp_sign_in"):
        call = getattr(scene, flow)
        assert refused(call, "ann", OTHER, scene.hiding) == INCORRECT
        assert refused(call, "nobody", OTHER, scene.hiding) == INCORRECT
    assert refused(scene.sign_in, "nobody") == ("UserNotFoundException", "User does not exist.")


def test_after_five_failures_the_right_password_is_refused_too(scene: Scene) -> None:
    """AUT-01, AUT-04: a lock that ends."""
    scene.house.clock.stop()
    scene.user("ann")
    for _ in range(5):
        assert refused(scene.sign_in, "ann", OTHER) == INCORRECT
    assert refused(scene.sign_in, "ann") == LOCKED
    scene.house.clock.step(1.1)
    assert refused(scene.sign_in, "ann", OTHER) == INCORRECT
    scene.house.clock.step(1.1)
    assert refused(scene.sign_in, "ann") == LOCKED
    scene.house.clock.step(1)
    assert scene.tokens("ann")
    assert refused(scene.sign_in, "ann", OTHER) == INCORRECT
    assert scene.tokens("ann")


def fail_in_a_row(scene: Scene, name: str, times: int, client: str = "") -> None:
    """So many wrong passwords, each after the lock of the one before; now and then so late that
    the lock grows no more from there."""
    for number in range(times):
        assert refused(scene.sign_in, name, OTHER, client) == INCORRECT, number
        scene.house.clock.step(901 if number % 4 == 3 else 1.1)
        if number % 10 == 9:
            sweep(scene.house.services)


def test_a_hundred_failures_in_a_row_are_the_last_however_slow(scene: Scene) -> None:
    """AUT-05, AUT-04: the right password is refused too, until it is set anew."""
    scene.house.clock.stop()
    scene.user("ann", email="ann@example.com", email_verified="true")
    fail_in_a_row(scene, "ann", 99)
    assert scene.tokens("ann")
    fail_in_a_row(scene, "ann", 100)
    assert refused(scene.sign_in, "ann") == LOCKED
    scene.house.clock.step(7 * 86_400)
    sweep(scene.house.services)
    assert refused(scene.sign_in, "ann") == LOCKED
    assert refused(scene.srp_sign_in, "ann") == LOCKED
    asked = {"ClientId": scene.open, "Username": "ann"}
    scene.public.forgot_password(**asked)
    scene.public.confirm_forgot_password(**asked, ConfirmationCode=scene.mailed(), Password=OTHER)
    assert scene.tokens("ann", OTHER)


def test_an_administrator_ends_a_lock_with_a_new_password(scene: Scene) -> None:
    """AUT-04"""
    scene.house.clock.stop()
    scene.user("ann")
    for _ in range(5):
        assert refused(scene.sign_in, "ann", "Wrong-Horse-1!") == INCORRECT
    assert refused(scene.sign_in, "ann") == LOCKED
    set_anew = {"UserPoolId": scene.pool, "Username": "ann", "Password": OTHER}
    scene.idp.admin_set_user_password(**set_anew, Permanent=True)
    assert scene.tokens("ann", OTHER)


def test_a_name_that_nobody_has_is_shut_after_a_hundred_failures_too(scene: Scene) -> None:
    """AUT-05, CGN-09"""
    scene.house.clock.stop()
    fail_in_a_row(scene, "nobody", 100, scene.hiding)
    scene.house.clock.step(7 * 86_400)
    sweep(scene.house.services)
    assert refused(scene.sign_in, "nobody", client=scene.hiding) == LOCKED


def test_names_that_nobody_has_are_locked_like_others(scene: Scene) -> None:
    """CGN-09: the lock tells nobody who exists."""
    scene.house.clock.stop()
    for _ in range(5):
        assert refused(scene.sign_in, "nobody", client=scene.hiding) == INCORRECT
    assert refused(scene.sign_in, "nobody", client=scene.hiding) == LOCKED


def test_aliases_flows_and_doors_share_one_count(scene: Scene) -> None:
    """AUT-02"""
    scene.house.clock.stop()
    scene.user("ann", email="ann@example.com", email_verified="true")
    sub = scene.idp.admin_get_user(UserPoolId=scene.pool, Username="ann")["UserAttributes"]
    assert sub
    for call in (
        lambda: scene.sign_in("ann", OTHER),
        lambda: scene.sign_in("ann@example.com", OTHER),
        lambda: scene.srp_sign_in("ann", OTHER),
        lambda: scene.srp_sign_in("ann@example.com", OTHER, scene.hiding),
        lambda: scene.idp.admin_initiate_auth(
            UserPoolId=scene.pool,
            ClientId=scene.open,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": OTHER},
        ),
    ):
        assert refused(call) == INCORRECT
    assert refused(scene.sign_in, "ann@example.com") == LOCKED
    assert refused(scene.srp_sign_in, "ann") == LOCKED


def test_parallel_guesses_get_no_more_tries(scene: Scene) -> None:
    """AUT-01: at most five passwords are looked at, and the right one last is refused."""
    scene.user("ann")
    looked_at: list[str] = []
    hasher = scene.house.services.hasher
    verify = type(hasher).verify

    def counting(password: str, stored: str | None) -> Any:
        looked_at.append(password)
        return verify(hasher, password, stored)

    guesses = [f"Guess-Number-{n}!" for n in range(60)]
    object.__setattr__(hasher, "verify", counting)
    scene.house.clock.stop()

    def guess(password: str) -> str:
        return refused(scene.sign_in, "ann", password)[1]

    with ThreadPoolExecutor(20) as threads:
        messages = list(threads.map(guess, guesses))
    assert len(looked_at) == 5
    assert len(messages) == 60
    assert set(messages) <= {INCORRECT[1], LOCKED[1], "Too many requests"}
    assert refused(scene.sign_in, "ann") == LOCKED


def test_a_try_that_is_never_judged_is_none(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """AUT-04: a busy server locks nobody out, though it gives up after the password was right."""
    scene.user("ann")
    token = scene.tokens("ann")["AccessToken"]
    scene.house.clock.stop()
    hasher = scene.house.services.hasher

    def busy(*_: Any) -> Any:
        raise Refused(Refusal.THROTTLED)

    def change() -> None:
        scene.public.change_password(
            AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=OTHER
        )

    with monkeypatch.context() as patched:
        patched.setattr(hasher, "hash", busy)
        patched.setattr(hasher, "verify", lambda *_: Verdict(ok=True, rehash=True))
        for _ in range(5):
            assert refused(scene.tokens, "ann")[0] == "TooManyRequestsException"
    with monkeypatch.context() as patched:
        patched.setattr(hasher, "verify", busy)
        for _ in range(5):
            assert refused(change)[0] == "TooManyRequestsException"
    with monkeypatch.context() as patched:
        patched.setattr(tries, "admit", lambda *given: not admitted(*given))
        patched.setattr(Claimants, "again", busy)
        for _ in range(5):
            assert refused(scene.tokens, "ann")[0] == "TooManyRequestsException"
            assert refused(scene.srp_sign_in, "ann")[0] == "TooManyRequestsException"
    assert scene.tokens("ann")


def test_eight_people_who_share_an_account_all_get_in(scene: Scene) -> None:
    scene.user("team")

    def enter(_: int) -> bool:
        try:
            return bool(scene.tokens("team"))
        except ClientError:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(enter, range(16)))
