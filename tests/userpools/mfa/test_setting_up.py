"""A software token that is set up with the session of a sign-in (MFA_SETUP)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.contract.shape import ServiceError
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.mfa import setting_up
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.store import Users
from tests.support.house import TestHouse
from tests.userpools.mfa.scene import BAD_SESSION, SETUP_WRONG, SMS, USED, Scene
from tests.userpools.users.people import refused

ONCE = ("NotAuthorizedException", "Invalid session for the user, session can only be used once.")


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    house.clock.stop()
    scene = Scene(house, "ON")
    scene.join("ann", email="ann@example.com")
    return scene


def set_up(scene: Scene, session: str, name: str = "my phone") -> tuple[str, str]:
    """The secret, and the session that says it was verified."""
    given = scene.public.associate_software_token(Session=session)
    secret = given["SecretCode"]
    answer = scene.public.verify_software_token(
        Session=given["Session"], UserCode=scene.code(secret), FriendlyDeviceName=name
    )
    assert answer["Status"] == "SUCCESS"
    return secret, answer["Session"]


def bears(scene: Scene, session: str) -> bool:
    """Whether the engine takes the session as an answer to MFA_SETUP."""
    state = scene.opened(session)
    with Unit(scene.house.services.database) as unit:
        pool = Pools(unit).get(scene.id)
        user = Users(unit, pool).get("ann")
        return setting_up.holds(scene.call(unit), pool, user, state.data)


def test_a_token_is_set_up_before_the_first_sign_in_ends(scene: Scene) -> None:
    """AUT-07, AUT-10: nothing of the user is touched until a code was right; then the token is
    theirs, and it is what the next sign-in asks for."""
    given = scene.public.associate_software_token(Session=scene.session("ann"))
    before = scene.held("ann")
    assert not before.factors.software_token
    assert "software_tokens" not in scene.rows_of(before.sub)
    secret, done = set_up(scene, scene.session("ann"), "Ann's Ψ phone")
    state = scene.opened(done)
    assert (state.step, state.progress.done) == ("MFA_SETUP", ("PASSWORD",))
    assert scene.factors("ann") == (["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")
    assert setting_up.registered(state.data) and bears(scene, done)
    assert not bears(scene, given["Session"])
    assert used(scene, secret) == USED
    scene.house.clock.step(30)
    scene.judge("ann", scene.code(secret))


def test_a_token_that_was_taken_away_meanwhile_ends_no_sign_in(scene: Scene) -> None:
    """AUT-10"""
    _, done = set_up(scene, scene.session("ann"))
    scene.admin.admin_delete_software_token(UserPoolId=scene.id, Username="ann")
    assert not bears(scene, done)
    _, other = set_up(scene, scene.session("ann"))
    assert bears(scene, other) and not bears(scene, done)


def used(scene: Scene, secret: str) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        scene.judge("ann", scene.code(secret))
    return caught.value.code, str(caught.value)


def test_each_session_is_good_for_one_step_and_a_wrong_code_leaves_it(scene: Scene) -> None:
    associate, verify = scene.public.associate_software_token, scene.public.verify_software_token
    first = scene.session("ann")
    assert refused(verify, Session=first, UserCode="123456") == SETUP_WRONG
    given = associate(Session=first)
    assert refused(associate, Session=first) == ONCE
    code = scene.code(given["SecretCode"])
    assert not setting_up.registered(scene.opened(given["Session"]).data)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert refused(verify, Session=given["Session"], UserCode=wrong) == SETUP_WRONG
    done = verify(Session=given["Session"], UserCode=code)["Session"]
    # Whoever has a token is handed out no other one at this step.
    for session in (given["Session"], done):
        assert refused(verify, Session=session, UserCode=code) == BAD_SESSION
        assert refused(associate, Session=session) == BAD_SESSION


def test_sessions_of_other_steps_and_of_enrolled_users_set_nothing_up(scene: Scene) -> None:
    """AUT-10: who has a second factor is asked for that one."""
    associate = scene.public.associate_software_token
    for step in ("SOFTWARE_TOKEN_MFA", "SELECT_MFA_TYPE", "NEW_PASSWORD_REQUIRED"):
        assert refused(associate, Session=scene.session("ann", step)) == BAD_SESSION
    for garbage in ("x" * 40, scene.session("ann")[:-4] + "AAAA"):
        assert refused(associate, Session=garbage) == BAD_SESSION
    waiting = scene.session("ann")
    half_way = associate(Session=scene.session("ann"))
    scene.enrol("ann")
    assert refused(associate, Session=waiting) == BAD_SESSION
    code = scene.code(half_way["SecretCode"])
    verify = scene.public.verify_software_token
    assert refused(verify, Session=half_way["Session"], UserCode=code) == BAD_SESSION
    scene.house.clock.step(3600)
    assert refused(associate, Session=waiting)[1].endswith("session is expired.")


def test_of_two_who_set_up_a_token_at_once_the_first_has_it(scene: Scene) -> None:
    """AUT-10"""
    given = [scene.public.associate_software_token(Session=scene.session("ann")) for _ in range(2)]

    def attempt(one: Any) -> Any:
        try:
            code = scene.code(one["SecretCode"])
            return scene.public.verify_software_token(Session=one["Session"], UserCode=code)
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(attempt, given))
    assert got.count("NotAuthorizedException") == 1
    winner = 1 - got.index("NotAuthorizedException")
    assert bears(scene, got[winner]["Session"])
    scene.house.clock.step(30)
    scene.judge("ann", scene.code(given[winner]["SecretCode"]))


def test_of_parallel_bearers_of_one_session_one_gets_a_secret(scene: Scene) -> None:
    session = scene.session("ann")

    def associate(_: int) -> Any:
        try:
            return scene.public.associate_software_token(Session=session)["SecretCode"]
        except ClientError as error:
            return error.response["Error"]["Message"]

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(associate, range(8)))
    assert got.count(ONCE[1]) == 7
    assert len(next(one for one in got if one != ONCE[1])) == 52


def test_who_may_not_sign_in_sets_nothing_up(scene: Scene) -> None:
    session = scene.session("ann")
    scene.admin.admin_disable_user(UserPoolId=scene.id, Username="ann")
    associate = scene.public.associate_software_token
    assert refused(associate, Session=session) == ("NotAuthorizedException", "User is disabled.")
    scene.admin.admin_enable_user(UserPoolId=scene.id, Username="ann")
    scene.offer("OPTIONAL", SmsMfaConfiguration=SMS)
    assert refused(associate, Session=session)[0] == "SoftwareTokenMFANotFoundException"
    scene.admin.admin_delete_user(UserPoolId=scene.id, Username="ann")
    assert refused(associate, Session=session) == BAD_SESSION


def test_an_enabled_factor_that_the_pool_no_longer_offers_bars_nobody(scene: Scene) -> None:
    scene.update("ann", phone_number="+12065550100")
    scene.prefer("ann", SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    set_up(scene, scene.session("ann"))
    assert scene.factors("ann") == (["SMS_MFA", "SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")
