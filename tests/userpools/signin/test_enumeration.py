"""What strangers learn of names by trying to sign in: whatever a known one is answered, a name
that nobody has is answered too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from poolhouse.kernel.perform import TICK
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.lockout.rules import FREE_TRIES
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.rows import EXTERNAL_PROVIDER
from poolhouse.userpools.users.store import Users
from tests.support.house import TestHouse
from tests.support.signing_in import FLOWS, OTHER, PASSWORD, Scene, SrpClient, refused, scene_of

ARN = "arn:aws:lambda:us-east-1:000000000000:function:{}"
KNOWN = (
    "confirmed",
    "nomailbox",
    "withphone",
    "newcomers",
    "disableds",
    "resetting",
    "mustreset",
    "withtoken",
    "justcodes",
    "elsewhere",
    "withalias@example.com",
    "CONFIRMED",
)
MANY = 48
Try = Callable[[Scene, str], Any]


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    triggers = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
    found = scene_of(
        house,
        AliasAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        Policies={
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]}
        },
        LambdaConfig={name: ARN.format(name) for name in triggers},
    )
    found.idp.set_user_pool_mfa_config(
        UserPoolId=found.pool,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    for name, answer in zip(triggers, (define, create, verify), strict=True):
        house.bind(ARN.format(name), answer)
    found.hiding = found.client(
        ExplicitAuthFlows=[*FLOWS, "ALLOW_USER_AUTH"], PreventUserExistenceErrors="ENABLED"
    )
    peopled(found)
    return found


def define(event: dict[str, Any]) -> Any:
    rounds = event["request"].get("session") or []
    wanted = {"challengeName": "CUSTOM_CHALLENGE", "issueTokens": False}
    event["response"] = {**wanted, "failAuthentication": len(rounds) > 0}
    return event


def create(event: dict[str, Any]) -> Any:
    event["response"] = {"publicChallengeParameters": {"q": "?"}}
    return event


def verify(event: dict[str, Any]) -> Any:
    event["response"] = {"answerCorrect": False}
    return event


def peopled(scene: Scene) -> None:
    """One user in each state that might show."""
    pool = {"UserPoolId": scene.pool}
    scene.user("confirmed", email="confirmed@example.com", email_verified="true")
    scene.user("nomailbox")
    scene.user("withphone", email="p@example.com", phone_number="+12065550100")
    scene.public.sign_up(
        ClientId=scene.open,
        Username="newcomers",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "new@example.com"}],
    )
    scene.user("disableds", email="off@example.com", email_verified="true")
    scene.idp.admin_disable_user(**pool, Username="disableds")
    scene.user("resetting", email="reset@example.com", email_verified="true")
    scene.idp.admin_reset_user_password(**pool, Username="resetting")
    scene.idp.admin_create_user(
        **pool,
        Username="mustreset",
        MessageAction="SUPPRESS",
        TemporaryPassword=OTHER,
        UserAttributes=[{"Name": "email", "Value": "must@example.com"}],
    )
    scene.user("withtoken", email="token@example.com", email_verified="true")
    scene.put_factors("withtoken", "SOFTWARE_TOKEN_MFA")
    for name in ("justcodes", "elsewhere"):
        given = {"email": f"{name}@example.com", "email_verified": "true"}
        scene.idp.admin_create_user(
            **pool,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": n, "Value": value} for n, value in given.items()],
        )
    with Unit(scene.house.services.database) as unit:
        users = Users(unit, Pools(unit).get(scene.pool))
        user = users.lock(users.get("elsewhere").sub)
        users.change(user, replace(user, status=EXTERNAL_PROVIDER))
    scene.user("aliased99", email="withalias@example.com", email_verified="true")


def shown(call: Callable[[], Any]) -> tuple[Any, Any]:
    """All that a stranger sees of an answer, but for what is random; and the answer."""
    try:
        answer = call()
    except ClientError as error:
        answer = error.response
    meta = answer["ResponseMetadata"]
    fields = {k: v for k, v in meta["HTTPHeaders"].items() if k not in ("x-amzn-requestid", "date")}
    given = answer.get("ChallengeParameters", {})
    lengths = {
        name: len(value)
        for name, value in given.items()
        if name not in ("USERNAME", "USER_ID_FOR_SRP", "SRP_B", "SALT")
    }
    # Two numbers of varying length, and names: what they may be is another test's.
    if {"SRP_B", "SALT", "USER_ID_FOR_SRP"} & given.keys():
        fields.pop("content-length")
    seen = (
        meta["HTTPStatusCode"],
        tuple(sorted(fields.items())),
        tuple(sorted(answer)),
        tuple(sorted(given)),
        tuple(sorted(lengths.items())),
        tuple(answer.get("AvailableChallenges", ())),
        answer.get("ChallengeName"),
        len(answer.get("Session", "")),
        tuple(sorted(answer.get("Error", {}).items())),
    )
    return seen, answer


def steps(scene: Scene, name: str, first: Callable[[], Any], second: Callable[[Any], Any]) -> Any:
    """Both steps of a sign-in: the second is asked only where the first posed a challenge."""
    seen, begun = shown(first)
    if "ChallengeName" not in begun:
        return (seen,)
    return seen, shown(lambda: second(begun))[0]


def by_password(scene: Scene, name: str) -> Any:
    return shown(lambda: scene.sign_in(name, "Wrong-Horse-1!", scene.hiding))[0]


def by_admin(scene: Scene, name: str) -> Any:
    given = {"USERNAME": name, "PASSWORD": "Wrong-Horse-1!"}
    asked = {"UserPoolId": scene.pool, "ClientId": scene.hiding, "AuthParameters": given}
    flow = "ADMIN_USER_PASSWORD_AUTH"
    return shown(lambda: scene.idp.admin_initiate_auth(AuthFlow=flow, **asked))[0]


def by_srp(scene: Scene, name: str) -> Any:
    srp = SrpClient(scene.pool, name, "Wrong-Horse-1!")
    return steps(
        scene,
        name,
        lambda: scene.begin("USER_SRP_AUTH", scene.hiding, USERNAME=name, SRP_A=f"{srp.big_a:x}"),
        lambda begun: scene.respond(srp.answer(begun["ChallengeParameters"]), scene.hiding),
    )


def by_functions(scene: Scene, name: str) -> Any:
    return steps(
        scene,
        name,
        lambda: scene.begin("CUSTOM_AUTH", scene.hiding, USERNAME=name),
        lambda begun: scene.reply(begun, scene.hiding, USERNAME=name, ANSWER="x"),
    )


def choosing(preferred: str, **answer: str) -> Try:
    def attempt(scene: Scene, name: str) -> Any:
        more = {"PREFERRED_CHALLENGE": preferred} if preferred else {}
        return steps(
            scene,
            name,
            lambda: scene.begin("USER_AUTH", scene.hiding, USERNAME=name, **more),
            lambda begun: scene.reply(begun, scene.hiding, USERNAME=name, **answer),
        )

    return attempt


def answering_for_another(scene: Scene, name: str) -> Any:
    return steps(
        scene,
        name,
        lambda: scene.begin("USER_AUTH", scene.hiding, USERNAME=name),
        lambda begun: scene.reply(
            begun, scene.hiding, USERNAME="another", ANSWER="PASSWORD", PASSWORD=PASSWORD
        ),
    )


TRIES: dict[str, Try] = {
    "password": by_password,
    "admin": by_admin,
    "srp": by_srp,
    "functions": by_functions,
    "choice": choosing("", ANSWER="PASSWORD", PASSWORD="Wrong-Horse-1!"),
    "chosen code": choosing("", ANSWER="EMAIL_OTP"),
    "code": choosing("EMAIL_OTP", EMAIL_OTP_CODE="00000000"),
    "text": choosing("SMS_OTP", SMS_OTP_CODE="00000000"),
    "at once": choosing("PASSWORD"),
    "another": answering_for_another,
}


@pytest.mark.parametrize("kind", TRIES)
def test_whatever_a_user_is_answered_some_name_that_nobody_has_is_too(
    scene: Scene, kind: str
) -> None:
    """CGN-09: each such name is answered the same each time, so no answer tells that there is a
    user."""
    attempt, told = TRIES[kind], set()
    for number in range(MANY):
        name = f"nobody{number:03d}"
        told.add(attempt(scene, name))
        if number == 0:
            assert attempt(scene, name) == next(iter(told))
    for known in KNOWN:
        seen = attempt(scene, known)
        if "@" in known:
            told |= {
                attempt(scene, f"nobody{n:02d}@example.com".rjust(21, "x")) for n in range(MANY)
            }
        assert seen in told, (known, seen, told)


@pytest.mark.parametrize("kind", ["password", "admin", "srp"])
def test_a_name_that_nobody_has_is_locked_out_like_a_user(scene: Scene, kind: str) -> None:
    """CGN-09"""
    names = ("nobody000", "confirmed", "disableds", "newcomers", "justcodes")
    told = {name: [TRIES[kind](scene, name) for _ in range(FREE_TRIES + 2)] for name in names}
    assert "Password attempts exceeded" in str(told["nobody000"][-1])
    assert all(steps == told["nobody000"] for steps in told.values()), told


def test_the_name_that_srp_is_bound_to_tells_nothing(scene: Scene) -> None:
    """CGN-10: the name as it would be stored, and of an address that nobody has a user name."""

    def bound(name: str) -> str:
        found: str = scene.srp_begin(name, client=scene.hiding)[1]["USER_ID_FOR_SRP"]
        return found

    assert bound("CONFIRMED") == bound("ｃonfirmed") == "confirmed"
    assert bound("NOBODY") == bound("ｎobody") == "nobody"
    assert "@" not in bound("withalias@example.com")
    decoy = bound("nobody@example.com")
    assert "@" not in decoy and decoy == bound("NOBODY@example.com") and len(decoy) == 36
    srp, given = scene.srp_begin("nobody@example.com", client=scene.hiding)
    assert refused(scene.respond, srp.answer(given), scene.hiding)[1].startswith("Incorrect")


@pytest.mark.parametrize(
    "pool", [{"UsernameAttributes": ["email"]}, {"AliasAttributes": ["email"]}]
)
def test_the_name_that_a_function_s_challenge_is_for_tells_nothing(
    house: TestHouse, pool: dict[str, Any]
) -> None:
    """CGN-09: of an address that nobody has it is such a name as a user would have."""
    triggers = {name: ARN.format(name) for name in ("DefineAuthChallenge", "CreateAuthChallenge")}
    house.bind(triggers["DefineAuthChallenge"], define)
    house.bind(triggers["CreateAuthChallenge"], create)
    scene = scene_of(house, LambdaConfig=triggers, **pool)
    name = "ann@example.com" if "UsernameAttributes" in pool else "ann"
    scene.user(name, email="ann@example.com", email_verified="true")

    def shown(name: str) -> str:
        asked = scene.begin("CUSTOM_AUTH", scene.hiding, USERNAME=name)
        found: str = asked["ChallengeParameters"]["USERNAME"]
        return found

    assert "@" not in shown("ann@example.com")
    assert "@" not in shown("nobody@example.com") and len(shown("nobody@example.com")) == 36
    assert shown("nobody@example.com") == shown("nobody@example.com")
    asked = scene.begin("CUSTOM_AUTH", scene.hiding, USERNAME="nobody@example.com")
    for known_as in ("nobody@example.com", asked["ChallengeParameters"]["USERNAME"]):
        told = refused(scene.reply, asked, scene.hiding, USERNAME=known_as)
        assert told == ("InvalidParameterException", "Missing required parameter ANSWER")


def test_nothing_is_sent_to_whom_a_code_would_not_let_in(scene: Scene) -> None:
    """CGN-09"""
    before = scene.letters()
    for name in ("nobody", "nomailbox", "disableds", "mustreset"):
        asked = scene.begin(
            "USER_AUTH", scene.hiding, USERNAME=name, PREFERRED_CHALLENGE="EMAIL_OTP"
        )
        if asked["ChallengeName"] == "EMAIL_OTP":
            answered = {"USERNAME": name, "EMAIL_OTP_CODE": "00000000"}
            assert refused(scene.reply, asked, scene.hiding, **answered)[0].startswith("CodeMis")
    assert scene.letters() == before
    scene.begin("USER_AUTH", scene.hiding, USERNAME="confirmed", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert scene.letters() == before + 1


def test_answers_that_hide_who_exists_leave_on_a_tick(scene: Scene) -> None:
    """CGN-09: the times themselves are compared by `python -m bench.enumeration`."""
    paused: list[float] = []
    scene.house.house._pause = paused.append
    public, code = scene.public, {"ConfirmationCode": "000000"}
    for client, times in ((scene.hiding, 1), (scene.open, 0)):
        for name in ("confirmed", "nobody"):
            asked = {"ClientId": client, "Username": name}
            for call in (
                lambda name=name, client=client: scene.sign_in(name, "Wrong-Horse-1!", client),
                lambda name=name, client=client: scene.begin(
                    "USER_SRP_AUTH", client, USERNAME=name, SRP_A="2"
                ),
                lambda asked=asked: public.forgot_password(**asked),
                lambda asked=asked: public.resend_confirmation_code(**asked),
                lambda asked=asked: public.confirm_sign_up(**asked, **code),
                lambda asked=asked: public.confirm_forgot_password(**asked, **code, Password=OTHER),
            ):
                paused.clear()
                shown(call)
                assert len(paused) == times, (name, client)
                assert all(0 <= seconds <= TICK for seconds in paused)
