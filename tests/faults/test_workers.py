"""Two workers are one server: what was done at one is so at the other, at once."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

from tests.faults.arena import OTHER, PASSWORD, WORKERS, Arena, tokens_of
from tests.support.server import POOLHOUSE
from tests.support.wire import Wire

ROUNDS = 3
RING_SECONDS = 5.0  # the most that a worker may keep what it knows of keys


def test_a_revocation_holds_at_both(arena: Arena) -> None:
    """REL-12"""
    one, other = arena.wires[:WORKERS]
    for _ in range(ROUNDS):
        name = arena.user()
        tokens = tokens_of(arena.sign_in(one, name))
        assert other.ask("GetUser", AccessToken=tokens["AccessToken"]).ok
        assert arena.refresh(other, tokens["RefreshToken"]).ok
        assert one.ask("RevokeToken", Token=tokens["RefreshToken"], ClientId=arena.client).ok
        assert not arena.works(tokens["AccessToken"])
        assert not arena.refresh(other, tokens["RefreshToken"]).ok


def test_a_session_ended_at_one_is_over_at_both(arena: Arena) -> None:
    """REL-12, TOK-07"""
    one, other = arena.wires[:WORKERS]
    tracked = {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 2}}
    assert one.ask_as_root("SetUserPoolSessionConfiguration", UserPoolId=arena.pool, **tracked).ok
    for here, there in ((one, other), (other, one)):
        name = arena.user()
        mine, another = arena.tokens(name, here), arena.tokens(name, there)
        listed = there.ask("ListUserSessions", AccessToken=mine["AccessToken"])
        (ended,) = [s for s in listed.body["Sessions"] if not s["IsCurrentSession"]]
        asked = {"AccessToken": mine["AccessToken"], "SessionId": ended["SessionId"]}
        assert here.ask("RevokeUserSession", **asked).ok
        assert not arena.works(another["AccessToken"])
        assert not arena.refresh(there, another["RefreshToken"]).ok
        third, fourth = arena.tokens(name, there), arena.tokens(name, here)
        assert not arena.works(mine["AccessToken"]), "evicted where it did not begin"
        replies = arena.race(lambda wire, _, name=name: arena.sign_in(wire, name))  # type: ignore[misc]
        living = [
            t for t in (third, fourth, *map(tokens_of, replies)) if arena.works(t["AccessToken"])
        ]
        assert len(living) == 2
    off = {**tracked, "UserSessionTracking": "DISABLED"}
    assert one.ask_as_root("SetUserPoolSessionConfiguration", UserPoolId=arena.pool, **off).ok


def test_a_password_a_group_and_a_disabled_user_are_so_at_both(arena: Arena) -> None:
    """REL-12"""
    one, other = arena.wires[:WORKERS]
    name = arena.user()
    for password, wrong, here, there in (
        (OTHER, PASSWORD, one, other),
        (PASSWORD, OTHER, other, one),
    ):
        given = {"Password": password, "Permanent": True}
        assert here.ask_as_root("AdminSetUserPassword", **arena.named(name), **given).ok
        assert arena.sign_in(there, name, password).ok
        assert not arena.sign_in(there, name, wrong).ok
    assert one.ask_as_root("CreateGroup", UserPoolId=arena.pool, GroupName="writers").ok
    member = {**arena.named(name), "GroupName": "writers"}
    assert other.ask_as_root("AdminAddUserToGroup", **member).ok
    tokens = tokens_of(arena.sign_in(one, name))
    assert one.ask_as_root("AdminDisableUser", **arena.named(name)).ok
    assert not arena.works(tokens["AccessToken"])
    assert arena.sign_in(other, name).code == "NotAuthorizedException"
    assert other.ask_as_root("AdminEnableUser", **arena.named(name)).ok
    assert arena.sign_in(one, name).ok


def test_a_sign_in_goes_on_at_the_other(arena: Arena) -> None:
    """REL-12: no step is kept in the memory of a worker."""
    one, other = arena.wires[:WORKERS]
    for here, there in ((one, other), (other, one)):
        name = arena.user()
        answer = arena.srp_answer(here, name)
        assert arena.answer(there, "PASSWORD_VERIFIER", **answer).ok
        again = arena.answer(here, "PASSWORD_VERIFIER", **answer)
        assert again.code == "NotAuthorizedException", "spent at one is spent at the other"
        fresh = arena.user(permanent=False)
        session = arena.sign_in(here, fresh).body["Session"]
        given = {"USERNAME": fresh, "NEW_PASSWORD": OTHER}
        assert arena.answer(there, "NEW_PASSWORD_REQUIRED", session, **given).ok


def test_wrong_passwords_are_counted_over_both(arena: Arena) -> None:
    """REL-12: limits are the server's, not a worker's."""
    name = arena.user()
    for turn in range(5):
        wire = arena.wires[turn % WORKERS]
        assert arena.sign_in(wire, name, OTHER).body["message"] == "Incorrect username or password."
    for wire in arena.wires[:WORKERS]:
        assert arena.sign_in(wire, name).body["message"] == "Password attempts exceeded"


def test_settings_of_a_client_are_so_at_both(arena: Arena) -> None:
    """REL-12"""
    one, other = arena.wires[:WORKERS]
    name = arena.user()
    named = {"UserPoolId": arena.pool, "ClientName": "switched"}
    made = one.ask_as_root(
        "CreateUserPoolClient", **named, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )
    client = made.body["UserPoolClient"]["ClientId"]
    asked: dict[str, Any] = {
        "ClientId": client,
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": name, "PASSWORD": PASSWORD},
    }
    assert other.ask("InitiateAuth", **asked).ok
    shut = {**named, "ClientId": client, "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"]}
    assert one.ask_as_root("UpdateUserPoolClient", **shut).ok
    assert other.ask("InitiateAuth", **asked).code == "InvalidParameterException"
    assert other.ask_as_root("DeleteUserPoolClient", UserPoolId=arena.pool, ClientId=client).ok
    assert one.ask("InitiateAuth", **asked).code == "ResourceNotFoundException"


def test_settings_of_a_pool_and_its_end_are_so_at_both(arena: Arena) -> None:
    """REL-12"""
    one, other = arena.wires[:WORKERS]
    pool = one.ask_as_root("CreateUserPool", PoolName="short").body["UserPool"]["Id"]
    client = other.ask_as_root("CreateUserPoolClient", UserPoolId=pool, ClientName="c")
    client_id = client.body["UserPoolClient"]["ClientId"]
    policies = {"PasswordPolicy": {"MinimumLength": 40}}
    assert one.ask_as_root("UpdateUserPool", UserPoolId=pool, Policies=policies).ok
    signed_up = {"ClientId": client_id, "Username": "u", "Password": PASSWORD}
    assert other.ask("SignUp", **signed_up).code == "InvalidPasswordException"
    assert one.ask_as_root("DeleteUserPool", UserPoolId=pool).ok
    assert other.ask("SignUp", **signed_up).code == "ResourceNotFoundException"
    assert (
        other.ask_as_root("DescribeUserPool", UserPoolId=pool).code == "ResourceNotFoundException"
    )


def test_keys_rotated_by_the_command_line_are_published_by_both(arena: Arena) -> None:
    """REL-12, REL-13: and tokens of before and after are good."""
    name = arena.user()
    before = arena.tokens(name)
    rotated = subprocess.run(
        [*POOLHOUSE, "keys", "rotate-signing", arena.pool],
        env=arena.server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert rotated.returncode == 0, rotated.stderr
    deadline = time.monotonic() + RING_SECONDS
    for wire in arena.wires[:WORKERS]:
        while published(wire, arena.pool) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    after = arena.tokens(name)
    assert arena.works(before["AccessToken"])
    assert arena.works(after["AccessToken"])


def published(wire: Wire, pool: str) -> int:
    """How many keys this worker publishes for a pool."""
    content = wire.get(f"/{pool}/.well-known/jwks.json")
    return len(json.loads(content)["keys"])
