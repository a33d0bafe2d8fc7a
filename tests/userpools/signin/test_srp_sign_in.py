"""USER_SRP_AUTH through the API, with a client's own arithmetic."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from poolhouse.userpools.passwords.srp import N
from tests.support.house import TestHouse
from tests.support.signing_in import OTHER, Scene, claims, refused, scene_of

INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    return scene_of(house, AliasAttributes=["email"])


def test_the_right_password_signs_in_without_being_sent(scene: Scene) -> None:
    sub = scene.user("ann")
    result = scene.srp_sign_in("ann")["AuthenticationResult"]
    assert claims(result["AccessToken"])["sub"] == sub


def test_a_user_signs_in_by_an_alias_and_answers_with_either_name(scene: Scene) -> None:
    """Clients answer with USER_ID_FOR_SRP or with what was typed; both must do."""
    scene.user("ann", email="ann@example.com", email_verified="true")
    srp, given = scene.srp_begin("ann@example.com")
    assert given["USER_ID_FOR_SRP"] == "ann"
    assert scene.respond(srp.answer(given))["AuthenticationResult"]
    srp, given = scene.srp_begin("ann@example.com")
    answer = {**srp.answer(given), "USERNAME": "ann@example.com"}
    assert scene.respond(answer)["AuthenticationResult"]


def test_a_wrong_password_fails_at_the_proof(scene: Scene) -> None:
    scene.user("ann")
    assert refused(scene.srp_sign_in, "ann", OTHER) == INCORRECT


@pytest.mark.parametrize(
    "bad", ["0", "00", f"{N:x}", f"{2 * N:x}", "", "zz", "-1", " 1", "1" * 1600, "٣"]
)
def test_a_bad_public_value_is_refused(scene: Scene, bad: str) -> None:
    """CGN-11"""
    scene.user("ann")
    for name in ("ann", "nobody"):
        code, _ = refused(
            scene.public.initiate_auth,
            ClientId=scene.hiding,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": name, "SRP_A": bad},
        )
        assert code == "InvalidParameterException"


def test_a_proof_is_good_once(scene: Scene) -> None:
    """CGN-11, CGN-17: replay of the same body."""
    scene.user("ann")
    srp, given = scene.srp_begin("ann")
    answer = srp.answer(given)
    assert scene.respond(answer)["AuthenticationResult"]
    code, message = refused(scene.respond, answer)
    assert (code, message) == (
        "NotAuthorizedException",
        "Invalid session for the user, session can only be used once.",
    )


def test_of_many_parallel_replays_one_gets_in(scene: Scene) -> None:
    """REL-04"""
    scene.user("ann")
    srp, given = scene.srp_begin("ann")
    answer = srp.answer(given)

    def redeem(_: int) -> bool:
        try:
            return bool(scene.respond(answer)["AuthenticationResult"])
        except ClientError:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(redeem, range(12))) == 1


def test_a_block_of_another_user_client_or_pool_proves_nothing(scene: Scene) -> None:
    """CGN-11, CGN-17"""
    scene.user("ann")
    scene.user("bob")
    srp, given = scene.srp_begin("ann")
    answer = srp.answer(given)
    assert refused(scene.respond, {**answer, "USERNAME": "bob"})[0] == "NotAuthorizedException"
    assert refused(scene.respond, answer, scene.hiding)[0] == "NotAuthorizedException"
    other = scene_of(scene.house)
    assert refused(other.respond, answer)[0] == "NotAuthorizedException"
    _, foreign = scene.srp_begin("bob")
    swapped = {**answer, "PASSWORD_CLAIM_SECRET_BLOCK": foreign["SECRET_BLOCK"]}
    assert refused(scene.respond, swapped)[0] == "NotAuthorizedException"
    assert scene.respond(answer)["AuthenticationResult"]


def test_an_altered_block_signature_or_timestamp_proves_nothing(scene: Scene) -> None:
    """CGN-11"""
    scene.user("ann")
    srp, given = scene.srp_begin("ann")
    answer = srp.answer(given)
    block = answer["PASSWORD_CLAIM_SECRET_BLOCK"]
    middle = len(block) // 2
    flipped = block[:middle] + ("A" if block[middle] != "A" else "B") + block[middle + 1 :]
    for change in (
        {"PASSWORD_CLAIM_SECRET_BLOCK": flipped},
        {"PASSWORD_CLAIM_SECRET_BLOCK": block + "="},
        {"PASSWORD_CLAIM_SECRET_BLOCK": "x"},
        {"PASSWORD_CLAIM_SIGNATURE": "AAAA"},
        {"PASSWORD_CLAIM_SIGNATURE": "ä"},
        {"TIMESTAMP": "now"},
    ):
        assert refused(scene.respond, {**answer, **change})[0] == "NotAuthorizedException"


def test_a_proof_is_timely_or_nothing(scene: Scene) -> None:
    scene.user("ann")
    srp, given = scene.srp_begin("ann")
    late = datetime.now(UTC) - timedelta(minutes=6)
    assert refused(scene.respond, srp.answer(given, at=late)) == INCORRECT


def test_a_block_ends_with_the_client_s_session_validity(scene: Scene) -> None:
    scene.user("ann")
    srp, given = scene.srp_begin("ann")
    scene.house.clock.step(181)
    at = datetime.now(UTC) + timedelta(seconds=181)
    code, message = refused(scene.respond, srp.answer(given, at=at))
    assert message == "Invalid session for the user, session is expired."
    assert code == "NotAuthorizedException"


def test_an_unknown_name_is_answered_like_a_known_one(scene: Scene) -> None:
    """CGN-09, CGN-10: the same salt each time and after a restart, and a proof that fails."""
    scene.user("ann")
    _, known = scene.srp_begin("ann", client=scene.hiding)
    _, first = scene.srp_begin("nobody", client=scene.hiding)
    scene.house.services.sealer.prepare()
    _, second = scene.srp_begin("nobody", client=scene.hiding)
    assert first["SALT"] == second["SALT"] != known["SALT"]
    assert set(known) == set(first)
    assert len(known["SALT"]) == len(first["SALT"])
    assert abs(len(known["SECRET_BLOCK"]) - len(first["SECRET_BLOCK"])) < 80
    assert refused(scene.srp_sign_in, "nobody", client=scene.hiding) == INCORRECT
    assert refused(scene.srp_sign_in, "ann", OTHER, scene.hiding) == INCORRECT
    assert refused(scene.srp_sign_in, "nobody")[0] == "UserNotFoundException"
