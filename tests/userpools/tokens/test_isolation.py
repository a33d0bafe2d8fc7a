"""Nobody gets another's answer, and no answer holds what must stay inside."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from poolhouse import ids
from poolhouse.userpools.tokens.mint import new_refresh_token
from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, Scene, claims, refused, scene_of

PRIVATE = re.compile(r'BEGIN [A-Z ]*PRIVATE|"(d|p|q|dp|dq|qi)":|srp_verifier|argon2')


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    return scene_of(house)


def test_a_thousand_mixed_requests_each_get_their_own_answer(scene: Scene) -> None:
    """LOG-06"""
    subs = {name: scene.user(name) for name in ("ann", "bob", "cid", "dan")}
    tokens = {name: scene.tokens(name) for name in subs}

    def ask(number: int) -> bool:
        name = list(subs)[number % len(subs)]
        if number % 3:
            user = scene.public.get_user(AccessToken=tokens[name]["AccessToken"])
            listed = {a["Name"]: a["Value"] for a in user["UserAttributes"]}
            return bool(user["Username"] == name and listed["sub"] == subs[name])
        new = scene.refresh(tokens[name]["RefreshToken"])["AuthenticationResult"]
        return bool(claims(new["AccessToken"])["sub"] == subs[name])

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(1000)))


def test_no_answer_holds_a_private_key_a_hash_or_a_code(scene: Scene) -> None:
    """TOK-13, ADM-05, AUT-14"""
    house, idp = scene.house, scene.idp
    answers: list[Any] = [
        scene.public.sign_up(
            ClientId=scene.open,
            Username="ann",
            Password=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": "ann@example.com"}],
        ),
        idp.describe_user_pool(UserPoolId=scene.pool),
        idp.list_user_pools(MaxResults=10),
        idp.list_user_pool_clients(UserPoolId=scene.pool),
        idp.describe_user_pool_client(UserPoolId=scene.pool, ClientId=scene.open),
        idp.list_users(UserPoolId=scene.pool),
        idp.admin_get_user(UserPoolId=scene.pool, Username="ann"),
    ]
    for file in ("jwks.json", "openid-configuration"):
        url = f"http://127.0.0.1:8000/{scene.pool}/.well-known/{file}"
        answers.append(house.request("GET", url)[2].decode())
    text = json.dumps(answers, default=str)
    assert not PRIVATE.search(text)
    assert PASSWORD not in text
    assert scene.secret not in text


def test_secrets_are_long_random_and_never_the_same() -> None:
    """TOK-09"""
    makers = (ids.token, ids.client_secret, ids.secret_key, new_refresh_token)
    for make in makers:
        made = {make() for _ in range(2000)}
        assert len(made) == 2000
        assert min(len(one) for one in made) >= 22


def test_what_has_ended_stays_ended_when_the_clock_goes_back(scene: Scene) -> None:
    """REL-11: a revocation and a used session do not come back with the time."""
    scene.user("ann")
    tokens = scene.tokens("ann")
    srp, given = scene.srp_begin("ann")
    answer = srp.answer(given)
    scene.respond(answer)
    scene.public.revoke_token(Token=tokens["RefreshToken"], ClientId=scene.open)
    scene.house.clock.step(-120)
    ended = "NotAuthorizedException"
    assert refused(scene.refresh, tokens["RefreshToken"])[0] == ended
    assert refused(scene.public.get_user, AccessToken=tokens["AccessToken"])[0] == ended
    assert refused(scene.respond, answer)[0] == ended


def test_a_client_that_lost_the_answer_may_ask_again(scene: Scene) -> None:
    """REL-25: the documented conflict, or the same end."""
    first: dict[str, Any] = {"ClientId": scene.open, "Username": "ann", "Password": PASSWORD}
    scene.public.sign_up(**first)
    with pytest.raises(scene.public.exceptions.UsernameExistsException):
        scene.public.sign_up(**first)
    where = {"UserPoolId": scene.pool, "Username": "ann"}
    scene.idp.admin_confirm_sign_up(**where)
    for _ in range(2):
        scene.idp.admin_disable_user(**where)
        scene.idp.admin_enable_user(**where)
    tokens = scene.tokens("ann")
    for _ in range(2):
        scene.public.revoke_token(Token=tokens["RefreshToken"], ClientId=scene.open)
    assert len(scene.idp.list_users(UserPoolId=scene.pool)["Users"]) == 1
