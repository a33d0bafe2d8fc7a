"""Values: what they keep to themselves, and that they stay as they were made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from poolhouse import app  # noqa: F401 - every room, and so every value
from poolhouse.access.received import HttpRequest
from poolhouse.userpools.passwords.rows import Password
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import Progress, Round
from poolhouse.userpools.signin.step import Outcome, Posed
from poolhouse.values import Value


class Pair(Value, frozen=True):
    secret: ClassVar = frozenset({"hidden"})
    shown: str
    hidden: str = "canary"


def every(kind: type[Value]) -> Iterator[type[Value]]:
    for one in kind.__subclasses__():
        yield one
        yield from every(one)


def test_the_text_of_a_value_leaves_out_what_is_secret() -> None:
    assert repr(Pair("a")) == str(Pair("a")) == "Pair(shown='a')"
    request = HttpRequest("GET", "/", "q=canary", (("authorization", "canary"),), b"canary")
    password = Password("canary", "canary", b"canary", True, 1.0, None, ("canary",))
    assert "canary" not in repr([request, password])


def test_the_text_of_a_sign_in_tells_nothing_to_go_on_with() -> None:
    """LOG-01: neither the state that travels sealed, nor what is in a SECRET_BLOCK or Session."""
    progress = Progress(
        flow="CUSTOM_AUTH",
        srp_a="canary",
        rounds=(Round("CUSTOM_CHALLENGE", True, "canary"),),
        thread="canary",
        proved_a="canary",
        shown="canary",
    )
    state = Passage(
        id="canary",
        pool_id="pool",
        client_id="client",
        sub="sub",
        name="canary",
        step="CUSTOM_CHALLENGE",
        expires_at=1.0,
        progress=progress,
        data={"b": b"canary", "private": b"canary"},
    )
    outcome = Outcome("PASSWORD_VERIFIER", {"SECRET_BLOCK": "canary"}, "canary")
    text = repr(Posed(outcome, spent=state))
    assert "canary" not in text
    assert "step='CUSTOM_CHALLENGE'" in text


def test_what_is_called_secret_is_a_field() -> None:
    for kind in every(Value):
        assert kind.secret <= set(kind.__struct_fields__), kind


def test_a_value_stays_as_it_was_made() -> None:
    one = Pair("a")
    with pytest.raises(AttributeError):
        one.shown = "b"  # type: ignore[misc]
    assert one == Pair("a") != Pair("b")
    assert hash(one) == hash(Pair("a"))
