"""Recovery codes: an extension that no client has to know. They are typed where a code is asked
for."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pyotp
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from sqlalchemy import text

from poolhouse.userpools.mfa.recovery_codes import canonical
from tests.support.house import ENDPOINT, REGION, ROOT_KEY, ROOT_SECRET, TestHouse
from tests.support.signing_in import Scene, refused, scene_of

TOKEN = "SOFTWARE_TOKEN_MFA"
WRONG = ("CodeMismatchException", "Invalid code received for user")


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    house.clock.stop()
    scene = scene_of(house)
    scene.idp.set_user_pool_mfa_config(
        UserPoolId=scene.pool,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    scene.user("ann", email="ann@example.com", email_verified="true")
    return scene


def ask(scene: Scene, operation: str, **members: str) -> tuple[int, dict[str, Any]]:
    """At the documented path, as whoever bears the access token."""
    path, headers = f"{ENDPOINT}/poolhouse/{operation}", {"Content-Type": "application/json"}
    status, _, body = scene.house.request("POST", path, headers, json.dumps(members).encode())
    return status, json.loads(body)


def ask_as_root(scene: Scene, operation: str, **members: str) -> tuple[int, dict[str, Any]]:
    """By target, signed as any SDK signs."""
    body = json.dumps(members).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"PoolhouseService.{operation}",
    }
    request = AWSRequest("POST", f"{ENDPOINT}/", headers, body)
    SigV4Auth(Credentials(ROOT_KEY, ROOT_SECRET), "poolhouse", REGION).add_auth(request)
    signed = {str(name): str(value) for name, value in request.headers.items()}
    status, _, answer = scene.house.request("POST", f"{ENDPOINT}/", signed, body)
    return status, json.loads(answer)


def made(scene: Scene, token: str) -> list[str]:
    status, body = ask(scene, "CreateRecoveryCodes", AccessToken=token)
    assert status == 200, body
    found: list[str] = body["RecoveryCodes"]
    return found


def enrolled(scene: Scene) -> tuple[str, str]:
    """An access token, and the secret of the software token that the user prefers."""
    token = scene.tokens("ann")["AccessToken"]
    secret = scene.public.associate_software_token(AccessToken=token)["SecretCode"]
    code = pyotp.TOTP(secret).at(int(scene.house.clock.now()))
    scene.public.verify_software_token(AccessToken=token, UserCode=code)
    scene.public.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    return token, secret


def enter(scene: Scene, asked: Any, code: str, challenge: str = TOKEN) -> Any:
    given = {"USERNAME": "ann", f"{challenge}_CODE": code}
    return scene.reply(asked, **given)["AuthenticationResult"]


def left(scene: Scene, token: str) -> int:
    status, body = ask(scene, "DescribeRecoveryCodes", AccessToken=token)
    assert status == 200, body
    number: int = body["Remaining"]
    return number


def test_each_signs_in_once_in_place_of_the_software_token(scene: Scene) -> None:
    token, _ = enrolled(scene)
    codes = made(scene, token)
    assert len(set(codes)) == 10
    signed_in = enter(scene, scene.sign_in("ann"), codes[0])
    claims = jwt.decode(signed_in["AccessToken"], options={"verify_signature": False})
    assert claims["username"] == "ann"
    assert left(scene, token) == 9
    assert refused(enter, scene, scene.sign_in("ann"), codes[0]) == WRONG
    typed = codes[1].upper().replace("-", " ")
    assert enter(scene, scene.sign_in("ann"), typed)
    assert left(scene, token) == 8


def test_the_token_goes_on_to_work_beside_them(scene: Scene) -> None:
    token, secret = enrolled(scene)
    made(scene, token)
    scene.house.clock.step(30)
    code = pyotp.TOTP(secret).at(int(scene.house.clock.now()))
    assert enter(scene, scene.sign_in("ann"), code)
    assert left(scene, token) == 10


def test_new_ones_end_the_old(scene: Scene) -> None:
    token, _ = enrolled(scene)
    old = made(scene, token)
    new = made(scene, token)
    assert refused(enter, scene, scene.sign_in("ann"), old[0]) == WRONG
    assert enter(scene, scene.sign_in("ann"), new[0])


def test_one_stands_for_a_mailed_second_factor_but_for_no_first(scene: Scene) -> None:
    """AUT-09: it is never all that is shown."""
    codes = made(scene, scene.tokens("ann")["AccessToken"])
    scene.idp.set_user_pool_mfa_config(
        UserPoolId=scene.pool, MfaConfiguration="OPTIONAL", EmailMfaConfiguration={}
    )
    scene.put_factors("ann", "EMAIL_OTP")
    assert enter(scene, scene.sign_in("ann"), codes[0], "EMAIL_OTP")
    scene.put_factors("ann")
    scene.idp.update_user_pool(
        UserPoolId=scene.pool,
        MfaConfiguration="OPTIONAL",
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    )
    client = scene.client(ExplicitAuthFlows=["ALLOW_USER_AUTH"])
    asked = scene.begin("USER_AUTH", client, USERNAME="ann", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert asked["ChallengeName"] == "EMAIL_OTP"
    given = {"USERNAME": "ann", "EMAIL_OTP_CODE": codes[1]}
    assert refused(scene.reply, asked, client, **given)[0] == "CodeMismatchException"


def test_one_of_another_user_is_wrong(scene: Scene) -> None:
    enrolled(scene)
    scene.user("bob")
    codes = made(scene, scene.tokens("bob")["AccessToken"])
    assert refused(enter, scene, scene.sign_in("ann"), codes[0]) == WRONG


def test_guesses_are_counted_and_lock(scene: Scene) -> None:
    """AUT-08"""
    token, _ = enrolled(scene)
    codes = made(scene, token)
    got = [refused(enter, scene, scene.sign_in("ann"), f"aaaa-aaaa-aaaa-aa2{n}") for n in "234567"]
    assert got == [WRONG] * 5 + [("NotAuthorizedException", "Password attempts exceeded")]
    assert refused(enter, scene, scene.sign_in("ann"), codes[0])[0] == "NotAuthorizedException"
    scene.house.clock.step(2)
    assert enter(scene, scene.sign_in("ann"), codes[0])


def test_of_many_who_enter_the_same_one_signs_in(scene: Scene) -> None:
    """REL-04"""
    token, _ = enrolled(scene)
    code = made(scene, token)[0]
    asked = [scene.sign_in("ann") for _ in range(12)]

    def try_it(number: int) -> bool:
        try:
            return bool(enter(scene, asked[number], code))
        except ClientError:
            return False

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(try_it, range(12))) == 1


def test_an_old_sign_in_makes_none(scene: Scene) -> None:
    """AUT-10"""
    token = scene.tokens("ann")["AccessToken"]
    scene.house.clock.step(16 * 60)
    status, body = ask(scene, "CreateRecoveryCodes", AccessToken=token)
    assert (status, body["message"]) == (400, "Sign in again to make recovery codes.")
    assert left(scene, token) == 0


def test_administrators_make_and_remove_them(scene: Scene) -> None:
    token, _ = enrolled(scene)
    named = {"UserPoolId": scene.pool, "Username": "ann"}
    status, body = ask_as_root(scene, "AdminCreateRecoveryCodes", **named)
    assert status == 200, body
    assert enter(scene, scene.sign_in("ann"), body["RecoveryCodes"][0])
    assert ask_as_root(scene, "AdminDeleteRecoveryCodes", **named) == (200, {})
    assert left(scene, token) == 0
    assert refused(enter, scene, scene.sign_in("ann"), body["RecoveryCodes"][1]) == WRONG
    missing = ask_as_root(scene, "AdminCreateRecoveryCodes", UserPoolId=scene.pool, Username="eve")
    assert (missing[0], missing[1]["__type"]) == (400, "UserNotFoundException")
    unsigned = ask(scene, "AdminCreateRecoveryCodes", **named)
    assert unsigned[0] in (400, 403)


def test_no_row_holds_a_code(scene: Scene) -> None:
    """LOG-01"""
    codes = made(scene, scene.tokens("ann")["AccessToken"])
    with scene.house.services.database.connection() as connection:
        rows = connection.execute(text("SELECT * FROM recovery_codes")).all()
    assert len(rows) == 10
    kept = repr(rows)
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


@pytest.mark.parametrize(
    "typed", ["", "123456", "12345678", "2222 2222 2222 222", "aaaa1aaaaaaaaaaa"]
)
def test_codes_of_other_factors_are_never_taken_for_one(typed: str) -> None:
    assert canonical(typed) is None


def test_grouping_and_case_are_the_users() -> None:
    assert canonical(" ABCD-efgh 2345-mnop ") == "abcdefgh2345mnop"
