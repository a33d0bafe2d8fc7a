"""Software tokens: set up with an access token, judged at sign-in, removed."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import bindparam, select

from poolhouse.contract.shape import ServiceError
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.lockout.rows import lockouts
from poolhouse.userpools.mfa.rows import software_tokens
from tests.support.house import TestHouse
from tests.userpools.mfa.scene import SETUP_WRONG, TOKEN_ON, USED, WRONG, Scene
from tests.userpools.users.people import refused

OFF = (
    "SoftwareTokenMFANotFoundException",
    "Software Token MFA has not been enabled by the userPool",
)
LOCKED = ("NotAuthorizedException", "Password attempts exceeded")
ROW = select(software_tokens).where(software_tokens.c.sub == bindparam("who"))
COUNT = select(lockouts.c.failures).where(lockouts.c.subject == bindparam("which"))


def outcome(scene: Scene, name: str, code: str) -> tuple[str, str]:
    try:
        scene.judge(name, code)
    except ServiceError as error:
        return error.code, str(error)
    return "right", ""


def wrong_code(right: str) -> str:
    return f"{(int(right) + 500_000) % 1_000_000:06}"


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    house.clock.stop()
    scene = Scene(house)
    scene.join("ann", email="ann@example.com")
    return scene


def test_a_software_token_is_set_up_used_and_removed(scene: Scene) -> None:
    token = scene.token("ann")
    secret = scene.enrol("ann", token)
    assert len(secret) == 52
    assert scene.held("ann").factors.software_token
    assert scene.factors("ann") == (None, None)  # a preference is asked for apart
    scene.public.set_user_mfa_preference(AccessToken=token, **TOKEN_ON)
    assert scene.factors("ann") == (["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")
    own = scene.public.get_user(AccessToken=token)
    assert own["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    assert own["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"

    scene.house.clock.step(30)
    assert outcome(scene, "ann", wrong_code(scene.code(secret))) == WRONG
    assert outcome(scene, "ann", scene.code(secret)) == ("right", "")

    who = {"UserPoolId": scene.id, "Username": "ann"}
    scene.admin.admin_delete_software_token(**who)
    assert scene.factors("ann") == (None, None)
    assert not scene.held("ann").factors.software_token
    assert refused(scene.admin.admin_delete_software_token, **who)[0] == (
        "ResourceNotFoundException"
    )
    assert outcome(scene, "ann", scene.code(secret, 1)) == WRONG
    assert refused(scene.public.set_user_mfa_preference, AccessToken=token, **TOKEN_ON) == (
        "InvalidParameterException",
        "User has not verified software token mfa",
    )


def test_no_code_is_accepted_twice_nor_one_older_than_the_last(scene: Scene) -> None:
    """AUT-07: nor in another spelling, nor the one that verified the token."""
    secret = scene.enrol("ann")
    first = scene.code(secret)
    assert outcome(scene, "ann", first) == USED
    scene.house.clock.step(30)
    now = scene.code(secret)
    for odd in (f"{now[:3]} {now[3:]}", f" {now}", f"0{now}", now[:5]):
        assert outcome(scene, "ann", odd) == WRONG
    assert outcome(scene, "ann", now) == ("right", "")
    assert outcome(scene, "ann", now) == USED
    assert outcome(scene, "ann", first) == USED
    scene.house.clock.step(30)
    assert outcome(scene, "ann", scene.code(secret, 1)) == ("right", "")
    assert outcome(scene, "ann", scene.code(secret)) == USED


def test_of_parallel_signers_with_one_code_one_gets_in(scene: Scene) -> None:
    """AUT-07"""
    secret = scene.enrol("ann")
    for _ in range(3):
        scene.house.clock.step(60)
        code = scene.code(secret)
        with ThreadPoolExecutor(50) as pool:
            got = list(pool.map(partial(outcome, scene, "ann"), [code] * 50))
        assert got.count(("right", "")) == 1
        assert {each[0] for each in got} <= {"right", USED[0], "TooManyRequestsException"}
        assert outcome(scene, "ann", code) == USED


def test_wrong_codes_are_counted_before_they_are_judged_and_lock(scene: Scene) -> None:
    """AUT-08: by the user, whatever the sign-in; a right password forgives none."""
    secret = scene.enrol("ann")
    sub = scene.held("ann").sub
    scene.house.clock.step(30)
    right = scene.code(secret)
    for failures in range(1, 6):
        assert outcome(scene, "ann", wrong_code(right)) == WRONG
        with Unit(scene.house.services.database) as other:
            row = other.one(COUNT, which=f"totp:{sub}")
        assert row is not None and row.failures == failures
    judged = 0
    for _ in range(100):
        got = outcome(scene, "ann", wrong_code(right))
        assert got in (LOCKED, WRONG)
        judged += got == WRONG
        scene.token("ann")  # a new sign-in changes nothing
        scene.house.clock.step(1)
    assert judged <= 7
    assert outcome(scene, "ann", scene.code(secret)) == LOCKED
    scene.house.clock.step(901)
    assert outcome(scene, "ann", scene.code(secret)) == ("right", "")


def test_parallel_guesses_do_not_get_past_the_count(scene: Scene) -> None:
    """AUT-08"""
    secret = scene.enrol("ann")
    scene.house.clock.step(30)
    right = scene.code(secret)
    with ThreadPoolExecutor(30) as pool:
        got = list(pool.map(lambda _: outcome(scene, "ann", wrong_code(right)), range(30)))
    assert 1 <= got.count(WRONG) <= 5
    assert {each[0] for each in got} <= {WRONG[0], LOCKED[0], "TooManyRequestsException"}


def test_the_window_is_one_step_of_the_servers_own_clock(scene: Scene) -> None:
    """AUT-13"""
    secret = scene.enrol("ann")
    scene.house.clock.step(300)
    assert outcome(scene, "ann", scene.code(secret, -2)) == WRONG
    assert outcome(scene, "ann", scene.code(secret, 2)) == WRONG
    assert outcome(scene, "ann", scene.code(secret, -1)) == ("right", "")
    assert outcome(scene, "ann", scene.code(secret)) == ("right", "")
    assert outcome(scene, "ann", scene.code(secret, 1)) == ("right", "")


def test_a_new_secret_counts_for_nothing_until_it_is_verified(scene: Scene) -> None:
    """AUT-10: the newest one is meant, and the old one goes on until then."""
    token = scene.token("ann")
    old = scene.enrol("ann", token)
    associate, verify = scene.public.associate_software_token, scene.public.verify_software_token
    lost = associate(AccessToken=token)["SecretCode"]
    new = associate(AccessToken=token)["SecretCode"]
    assert len({old, lost, new}) == 3
    scene.house.clock.step(30)
    assert outcome(scene, "ann", scene.code(old)) == ("right", "")
    for code in (scene.code(lost), scene.code(old), wrong_code(scene.code(new))):
        assert refused(verify, AccessToken=token, UserCode=code) == SETUP_WRONG
    verify(AccessToken=token, UserCode=scene.code(new))
    assert refused(verify, AccessToken=token, UserCode=scene.code(new, 1)) == SETUP_WRONG
    scene.house.clock.step(30)
    assert outcome(scene, "ann", scene.code(old)) == WRONG
    assert outcome(scene, "ann", scene.code(new)) == ("right", "")


def test_of_parallel_verifications_one_counts(scene: Scene) -> None:
    """AUT-10"""
    token = scene.token("ann")
    secret = scene.public.associate_software_token(AccessToken=token)["SecretCode"]
    code = scene.code(secret)

    def verify(_: int) -> str:
        try:
            scene.public.verify_software_token(AccessToken=token, UserCode=code)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "right"

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(verify, range(8)))
    assert got.count("right") == 1
    assert set(got) <= {"right", SETUP_WRONG[0], "TooManyRequestsException"}
    assert outcome(scene, "ann", code) == USED


def test_an_old_password_session_does_not_replace_a_token_in_use(scene: Scene) -> None:
    """AUT-10: a sign-in of the last quarter of an hour does."""
    old = scene.token("ann")
    scene.enrol("ann", old)
    scene.prefer("ann", **TOKEN_ON)
    associate = scene.public.associate_software_token
    associate(AccessToken=old)
    scene.house.clock.step(16 * 60)
    again = ("NotAuthorizedException", "Sign in again to replace the software token.")
    assert refused(associate, AccessToken=old) == again
    verify = scene.public.verify_software_token
    assert refused(verify, AccessToken=old, UserCode="123456") == again
    associate(AccessToken=scene.token("ann"))


def test_guesses_at_a_new_secret_are_counted_too(scene: Scene) -> None:
    """AUT-08"""
    token = scene.token("ann")
    scene.public.associate_software_token(AccessToken=token)
    verify = scene.public.verify_software_token
    got = [refused(verify, AccessToken=token, UserCode=f"{n:06}") for n in range(8)]
    assert got[:5] == [SETUP_WRONG] * 5 and set(got[5:]) == {LOCKED}


def test_what_cannot_be_is_refused(scene: Scene) -> None:
    token = scene.token("ann")
    associate, verify = scene.public.associate_software_token, scene.public.verify_software_token
    assert refused(associate)[0] == "InvalidParameterException"
    assert refused(verify, UserCode="123456")[0] == "InvalidParameterException"
    assert refused(associate, AccessToken="no.token.this")[0] == "NotAuthorizedException"
    assert refused(verify, AccessToken=token, UserCode="123456") == SETUP_WRONG
    for code in ("12345", "1234567", "12345a", "１２３４５６"):
        asked = {"AccessToken": token, "UserCode": code}
        assert refused(verify, **asked)[0] == "InvalidParameterException"
    long = {"AccessToken": token, "UserCode": "123456", "FriendlyDeviceName": "x" * 257}
    assert refused(verify, **long)[0] == "InvalidParameterException"
    gone = {"UserPoolId": scene.id, "Username": "nobody"}
    assert refused(scene.admin.admin_delete_software_token, **gone)[0] == "UserNotFoundException"
    scene.offer("OFF")
    assert refused(associate, AccessToken=token) == OFF
    assert refused(verify, AccessToken=token, UserCode="123456") == OFF


def test_a_secret_is_told_once_and_kept_sealed(scene: Scene) -> None:
    """AUT-12, LOG-05"""
    with captured() as logged:
        secret = scene.enrol("ann")
        scene.prefer("ann", **TOKEN_ON)
        answers = [
            scene.look("ann"),
            scene.admin.list_users(UserPoolId=scene.id),
            scene.public.get_user(AccessToken=scene.token("ann")),
            scene.admin.get_user_pool_mfa_config(UserPoolId=scene.id),
        ]
    assert secret not in repr(answers) and secret not in logged.getvalue()
    seed = seed_of(secret)
    with Unit(scene.house.services.database) as unit:
        (row,) = unit.all(ROW, who=scene.held("ann").sub)
    for kept in row:
        assert seed not in (bytes(kept) if isinstance(kept, (bytes, memoryview)) else b"")
        assert secret not in str(kept)


def test_a_deleted_user_leaves_no_token_behind(scene: Scene) -> None:
    scene.enrol("ann")
    sub = scene.held("ann").sub
    assert "software_tokens" in scene.rows_of(sub)
    scene.admin.admin_delete_user(UserPoolId=scene.id, Username="ann")
    assert scene.rows_of(sub) == {}


def seed_of(secret: str) -> bytes:
    return base64.b32decode(secret + "=" * (-len(secret) % 8))


@contextmanager
def captured() -> Iterator[io.StringIO]:
    """What the server's side logs; the SDK in the same process logs its answers."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    loggers = [logging.getLogger(name) for name in ("poolhouse", "sqlalchemy")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
