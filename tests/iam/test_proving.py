"""The same work for every key, known or not; and derived keys that do not outlive their secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from poolhouse.access.received import HttpRequest
from poolhouse.access.sigv4 import parse, signing_key
from poolhouse.contract.shape import Refused
from poolhouse.iam.credentials.derived import DerivedKeys
from poolhouse.iam.credentials.proving import prove_signature
from poolhouse.kernel.call import Origin
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.keys.sealing import Sealer
from tests.iam.people import Keys, admin, user
from tests.iam.signing import ROOT_KEYS, Signing, Wire, query
from tests.support.house import TestHouse


class CountedSealer:
    """A sealer that counts ciphers, which cost the same in both directions."""

    def __init__(self, sealer: Sealer, counts: Counter[str]) -> None:
        self._sealer = sealer
        self._counts = counts

    def __getattr__(self, name: str) -> Any:
        if name in ("seal", "open"):
            self._counts["ciphers"] += 1
        return getattr(self._sealer, name)


class CountedUnit(Unit):
    counts: Counter[str]

    def one(self, *given: Any, **values: Any) -> Any:
        self.counts["statements"] += 1
        return super().one(*given, **values)


def work(house: TestHouse, wire: Wire) -> tuple[str, Counter[str]]:
    """Why the request is refused, and what that cost."""
    counts: Counter[str] = Counter()
    sealer = cast(Sealer, CountedSealer(house.services.sealer, counts))
    services: Services = replace(house.services, sealer=sealer)
    unit = CountedUnit(services.database)
    unit.counts = counts
    request = received(wire)
    with pytest.raises(Refused) as raised:
        prove_signature(services, unit, request, "sts", Origin("test", "127.0.0.1"))
    return raised.value.refusal.name, counts


def received(wire: Wire) -> HttpRequest:
    return HttpRequest(wire.method, wire.target, "", wire.headers, wire.body)


def test_an_unknown_key_costs_what_a_known_one_costs(sqlite_house: TestHouse) -> None:
    """SIG-11"""
    known = user(sqlite_house, "ann")
    off = user(sqlite_house, "bob")
    admin(sqlite_house).update_access_key(
        UserName="bob", AccessKeyId=off["aws_access_key_id"], Status="Inactive"
    )
    never = {"aws_access_key_id": "AKIA7777777777777777", "aws_secret_access_key": "x"}

    def cost(keys: Keys, region: str) -> tuple[str, Counter[str]]:
        guess = {**keys, "aws_secret_access_key": "a-guess"}
        wanted = Signing(guess, sqlite_house.clock.now(), "sts", region=region)
        return work(sqlite_house, query(wanted, "GetCallerIdentity"))

    for region, ciphers in (("us-east-1", 1), ("us-east-1", 0), ("never-seen-before-1", 1)):
        costs = [cost(keys, region) for keys in (known, off, never)]
        assert [reason for reason, _ in costs] == [
            "BAD_SIGNATURE",
            "UNKNOWN_TOKEN",
            "UNKNOWN_TOKEN",
        ]
        for _, counts in costs:
            assert (counts["statements"], counts["ciphers"]) == (1, ciphers)


def test_a_request_of_a_user_asks_the_database_once(sqlite_house: TestHouse) -> None:
    keys = user(sqlite_house, "ann")
    wire = query(Signing(keys, sqlite_house.clock.now(), "sts"), "GetCallerIdentity")
    unit = CountedUnit(sqlite_house.services.database)
    unit.counts = Counter()
    caller = prove_signature(
        sqlite_house.services, unit, received(wire), "sts", Origin("test", "127.0.0.1")
    )
    assert caller.arn.endswith(":user/ann")
    assert caller.authority.denies("iam:GetUser", caller.arn) is not None
    assert unit.counts["statements"] == 1


def test_derived_keys_are_bounded_and_named_by_their_secret() -> None:
    """SIG-09"""
    claim = parse(received(query(Signing(ROOT_KEYS, 1_790_000_000.0, "sts"), "GetCallerIdentity")))
    kept = DerivedKeys(most=2)
    revealed: list[str] = []

    def reveal(secret: str) -> Callable[[], str]:
        def told() -> str:
            revealed.append(secret)
            return secret

        return told

    scope = (claim.date, claim.region, claim.service)
    for version, secret in ((b"1", "one"), (b"1", "one"), (b"2", "two"), (b"1", "one")):
        assert kept.key(claim, version, reveal(secret)) == signing_key(secret, *scope)
    assert revealed == ["one", "two"]
    kept.key(claim, b"3", reveal("three"))
    assert len(kept) == 2
    kept.key(claim, b"2", reveal("two"))
    assert revealed == ["one", "two", "three", "two"]
