"""Races of many clients on two workers: one wins, the others are told so, nothing is torn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.arena import OTHER, PASSWORD, WORKERS, Arena
from tests.support.wire import Reply, Wire

ROUNDS = 4
# A code dies of ten guesses, right or wrong.
FEW = 8


def verdicts(replies: list[Reply]) -> Counter[str]:
    """How often each answer was given; a success is "ok"."""
    return Counter("ok" if reply.ok else reply.code for reply in replies)


def test_of_parallel_sign_ups_of_one_name_one_wins(arena: Arena) -> None:
    """REL-03: in whatever case it is written."""
    for _ in range(ROUNDS):
        name = arena.name()
        cases = [name, name.upper(), name.title()]

        def ask(wire: Wire, number: int, cases: list[str] = cases) -> Reply:
            return arena.sign_up(wire, cases[number % 3], f"{cases[0]}.{number}@example.com")

        found = verdicts(arena.race(ask))
        assert found["ok"] == 1
        assert set(found) <= {"ok", "UsernameExistsException", "TooManyRequestsException"}
        assert found["UsernameExistsException"] > 0
        listed = arena.wires[0].ask_as_root(
            "ListUsers", UserPoolId=arena.pool, Filter=f'username ^= "{name}"'
        )
        assert len(listed.body["Users"]) == 1


def test_of_parallel_creations_of_one_user_or_group_one_wins(arena: Arena) -> None:
    """REL-03"""
    for _ in range(ROUNDS):
        name = arena.name()

        def create(wire: Wire, _: int, name: str = name) -> Reply:
            return wire.ask_as_root(
                "AdminCreateUser", **arena.named(name), MessageAction="SUPPRESS"
            )

        def group(wire: Wire, _: int, name: str = name) -> Reply:
            return wire.ask_as_root("CreateGroup", UserPoolId=arena.pool, GroupName=name)

        for ask, taken in ((create, "UsernameExistsException"), (group, "GroupExistsException")):
            found = verdicts(arena.race(ask))
            assert found["ok"] == 1
            assert set(found) <= {"ok", taken, "TooManyRequestsException"}


def test_of_many_who_claim_one_verified_address_one_has_it(arena: Arena) -> None:
    """REL-03, REL-27: an alias has one owner."""
    for _ in range(ROUNDS):
        address = f"{arena.name()}@example.com"
        names = [arena.name() for _ in range(FEW)]
        attributes = [("email", address), ("email_verified", "true")]
        given = [{"Name": key, "Value": value} for key, value in attributes]
        for name in names:
            assert (
                arena.wires[0]
                .ask_as_root("AdminCreateUser", **arena.named(name), MessageAction="SUPPRESS")
                .ok
            )

        def claim(
            wire: Wire, number: int, names: list[str] = names, given: object = given
        ) -> Reply:
            named = arena.named(names[number])
            return wire.ask_as_root("AdminUpdateUserAttributes", **named, UserAttributes=given)

        found = verdicts(arena.race(claim, FEW))
        assert found == {"ok": 1, "AliasExistsException": FEW - 1}


def test_of_parallel_confirmations_one_confirms(arena: Arena) -> None:
    """REL-03, REL-04: by the user's code, and by an administrator."""
    for _ in range(ROUNDS):
        name = arena.name()
        address = f"{name}@example.com"
        assert arena.sign_up(arena.wires[0], name, address).ok
        code = arena.code(address)

        def by_code(wire: Wire, _: int, name: str = name, code: str = code) -> Reply:
            return wire.ask(
                "ConfirmSignUp", ClientId=arena.client, Username=name, ConfirmationCode=code
            )

        def by_admin(wire: Wire, _: int, name: str = name) -> Reply:
            return wire.ask_as_root("AdminConfirmSignUp", **arena.named(name))

        def ask(wire: Wire, number: int) -> Reply:
            return (by_code if number % 4 < 2 else by_admin)(wire, number)

        found = verdicts(arena.race(ask, FEW))
        assert found["ok"] == 1
        assert set(found) <= {"ok", "NotAuthorizedException", "ExpiredCodeException"}


def test_a_reset_code_sets_one_password(arena: Arena) -> None:
    """REL-04"""
    for _ in range(ROUNDS):
        address = f"{arena.name()}@example.com"
        name = arena.user(email=address)
        assert arena.wires[0].ask("ForgotPassword", ClientId=arena.client, Username=name).ok
        code = arena.code(address)

        def ask(wire: Wire, number: int, name: str = name, code: str = code) -> Reply:
            return wire.ask(
                "ConfirmForgotPassword",
                ClientId=arena.client,
                Username=name,
                ConfirmationCode=code,
                Password=f"{OTHER}{number}",
            )

        replies = arena.race(ask, FEW)
        found = verdicts(replies)
        assert found["ok"] == 1
        assert set(found) <= {"ok", "ExpiredCodeException", "TooManyRequestsException"}
        winner = next(number for number, reply in enumerate(replies) if reply.ok)
        assert arena.sign_in(arena.wires[1], name, f"{OTHER}{winner}").ok


def test_a_code_proves_an_address_once(arena: Arena) -> None:
    """REL-04"""
    for _ in range(ROUNDS):
        name = arena.user()
        token = arena.tokens(name)["AccessToken"]
        address = f"{arena.name()}@example.com"
        attributes = [{"Name": "email", "Value": address}]
        assert (
            arena.wires[0]
            .ask("UpdateUserAttributes", AccessToken=token, UserAttributes=attributes)
            .ok
        )
        code = arena.code(address)

        def ask(wire: Wire, _: int, token: str = token, code: str = code) -> Reply:
            return wire.ask(
                "VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=code
            )

        found = verdicts(arena.race(ask, FEW))
        assert found["ok"] == 1
        assert set(found) <= {"ok", "ExpiredCodeException", "CodeMismatchException"}


Ask = Callable[[Wire, int], Reply]


def srp_block(arena: Arena, name: str) -> Ask:
    answer = arena.srp_answer(arena.wires[0], name)
    return lambda wire, _: arena.answer(wire, "PASSWORD_VERIFIER", **answer)


def first_password(arena: Arena, name: str) -> Ask:
    given = {**arena.named(name), "Password": OTHER, "Permanent": False}
    assert arena.wires[0].ask_as_root("AdminSetUserPassword", **given).ok
    session = arena.sign_in(arena.wires[0], name, OTHER).body["Session"]
    answer = {"USERNAME": name, "NEW_PASSWORD": PASSWORD}
    return lambda wire, _: arena.answer(wire, "NEW_PASSWORD_REQUIRED", session, **answer)


@pytest.mark.parametrize("prepare", [srp_block, first_password])
def test_a_challenge_is_answered_once(prepare: Callable[[Arena, str], Ask], arena: Arena) -> None:
    """REL-04: of any number of right answers; and the user is not locked out by the others."""
    for _ in range(ROUNDS):
        name = arena.user()
        found = verdicts(arena.race(prepare(arena, name)))
        assert found["ok"] == 1
        assert set(found) <= {"ok", "NotAuthorizedException", "TooManyRequestsException"}
        again = arena.sign_in(arena.wires[1], name)
        assert again.ok, again


# REL-06: each ends a user's sessions, in one way ---------------------------------------
def revoke(arena: Arena, name: str, tokens: dict[str, str]) -> Reply:
    return arena.wires[0].ask("RevokeToken", Token=tokens["RefreshToken"], ClientId=arena.client)


def sign_out(arena: Arena, name: str, tokens: dict[str, str]) -> Reply:
    return arena.wires[0].ask("GlobalSignOut", AccessToken=tokens["AccessToken"])


def disable(arena: Arena, name: str, tokens: dict[str, str]) -> Reply:
    return arena.wires[0].ask_as_root("AdminDisableUser", **arena.named(name))


def delete(arena: Arena, name: str, tokens: dict[str, str]) -> Reply:
    return arena.wires[0].ask_as_root("AdminDeleteUser", **arena.named(name))


@pytest.mark.parametrize("end", [revoke, sign_out, disable, delete])
def test_after_a_session_was_ended_no_token_of_it_works(
    end: Callable[[Arena, str, dict[str, str]], Reply], arena: Arena
) -> None:
    """REL-06: neither one that was issued before, nor one that was being issued meanwhile."""
    for _ in range(ROUNDS):
        name = arena.user()
        tokens = arena.tokens(name)

        def ask(
            wire: Wire, number: int, name: str = name, tokens: dict[str, str] = tokens
        ) -> Reply:
            if number == 0:
                return end(arena, name, tokens)
            return arena.refresh(wire, tokens["RefreshToken"])

        ended, *refreshed = arena.race(ask)
        assert ended.ok, ended
        issued = [reply.body["AuthenticationResult"] for reply in refreshed if reply.ok]
        for one in [tokens, *issued]:
            assert not arena.works(one["AccessToken"])
        for wire in arena.wires[:WORKERS]:
            assert not arena.refresh(wire, tokens["RefreshToken"]).ok


@pytest.mark.parametrize("end", [disable, delete])
def test_a_sign_in_that_races_with_the_end_of_the_user_leaves_no_live_token(
    end: Callable[[Arena, str, dict[str, str]], Reply], arena: Arena
) -> None:
    """REL-06"""
    for _ in range(ROUNDS):
        name = arena.user()

        def ask(wire: Wire, number: int, name: str = name) -> Reply:
            if number == 0:
                return end(arena, name, {})
            return arena.sign_in(wire, name, PASSWORD)

        ended, *signed_in = arena.race(ask, 5)
        assert ended.ok, ended
        for reply in signed_in:
            if reply.ok:
                assert not arena.works(reply.body["AuthenticationResult"]["AccessToken"])
                assert not arena.refresh(
                    arena.wires[1], reply.body["AuthenticationResult"]["RefreshToken"]
                ).ok
