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
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users
from tests.support.house import TestHouse
from tests.userpools.mfa.scene import BAD_SESSION, SETUP_WRONG, USED, Scene
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


def register(scene: Scene, name: str, session: str) -> User:
    """What the engine does with the answer to MFA_SETUP."""
    state = scene.opened(session)
    assert setting_up.registered(state.data)
    with Unit(scene.house.services.database) as unit:
        pool = Pools(unit).get(scene.id)
        user = Users(unit, pool).get(name)
        write, after = setting_up.register(scene.call(unit), pool, user, state.data)
        write()
    return after


def test_a_token_is_set_up_before_the_first_sign_in_ends(scene: Scene) -> None:
    """AUT-07, AUT-10: nothing of the user is touched until the engine registers it."""
    session = scene.session("ann")
    before = scene.held("ann")
    secret, done = set_up(scene, session, "Ann's Ψ phone")
    state = scene.opened(done)
    assert (state.step, state.progress.done) == ("MFA_SETUP", ("PASSWORD",))
    assert scene.held("ann") == before and "software_tokens" not in scene.rows_of(before.sub)
    after = register(scene, "ann", done)
    assert scene.held("ann").factors == after.factors
    assert scene.factors("ann") == (["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")
    assert used(scene, secret) == USED
    scene.house.clock.step(30)
    scene.judge("ann", scene.code(secret))


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
    assert refused(verify, Session=given["Session"], UserCode=code) == ONCE
    # A secret that is handed out afterwards has to be verified again.
    anew = associate(Session=done)["Session"]
    assert not setting_up.registered(scene.opened(anew).data)
    assert refused(verify, Session=anew, UserCode=code) == SETUP_WRONG


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
    sessions = [set_up(scene, scene.session("ann")) for _ in range(2)]

    def attempt(done: str) -> str:
        try:
            register(scene, "ann", done)
        except ServiceError as error:
            return error.code
        return "right"

    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(attempt, [done for _, done in sessions]))
    assert sorted(got) == ["NotAuthorizedException", "right"]
    scene.house.clock.step(30)
    winner = sessions[got.index("right")][0]
    scene.judge("ann", scene.code(winner))


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
    scene.offer("OPTIONAL", EmailMfaConfiguration={})
    assert refused(associate, Session=session)[0] == "SoftwareTokenMFANotFoundException"
    scene.admin.admin_delete_user(UserPoolId=scene.id, Username="ann")
    assert refused(associate, Session=session) == BAD_SESSION


def test_an_enabled_factor_that_the_pool_no_longer_offers_bars_nobody(scene: Scene) -> None:
    scene.update("ann", phone_number="+12065550100")
    scene.prefer("ann", SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    _, done = set_up(scene, scene.session("ann"))
    register(scene, "ann", done)
    assert scene.factors("ann") == (["SMS_MFA", "SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")
