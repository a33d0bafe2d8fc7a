"""Counting uses, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.risk.rules import HOUR, Limit
from poolhouse.userpools.risk.store import Quotas, sweep
from tests.support.house import TestHouse
from tests.userpools.users.pool import pool, settled

THREE = Limit("three", 3)
NOW = 1_000_000.0


def test_an_hour_begins_with_the_first_use(house: TestHouse) -> None:
    made, other = settled(house, pool()), settled(house, pool())
    unit = Unit(house.services.database)
    quotas = Quotas(unit, made)
    for later in (0.0, 10.0, 20.0):
        quotas.spend(THREE, "ann", NOW + later)
    for later in (20.0, HOUR - 0.5):
        with pytest.raises(idp.LimitExceededException):
            quotas.spend(THREE, "ann", NOW + later)
    quotas.spend(THREE, "bob", NOW + 20.0)
    quotas.spend(Limit("another", 3), "ann", NOW + 20.0)
    Quotas(unit, other).spend(THREE, "ann", NOW + 20.0)
    for _ in range(3):
        quotas.spend(THREE, "ann", NOW + HOUR)
    with pytest.raises(idp.LimitExceededException):
        quotas.spend(THREE, "ann", NOW + HOUR)


def test_parallel_uses_are_all_counted(house: TestHouse) -> None:
    made, start = settled(house, pool()), threading.Barrier(8)

    def spend(_: int) -> bool:
        start.wait()
        try:
            Quotas(Unit(house.services.database), made).spend(THREE, "ann", NOW)
        except idp.LimitExceededException:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(spend, range(8))) == THREE.most


def test_a_use_that_rides_the_unit_is_forgotten_with_it(house: TestHouse) -> None:
    made = settled(house, pool())
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), Unit(house.services.database) as unit:
            Quotas(unit, made).spend_with_unit(THREE, "ann", NOW)
            raise ZeroDivisionError
    with Unit(house.services.database) as unit:
        for _ in range(3):
            Quotas(unit, made).spend_with_unit(THREE, "ann", NOW)
        with pytest.raises(idp.LimitExceededException):
            Quotas(unit, made).spend_with_unit(THREE, "ann", NOW)


def test_counts_are_swept_when_their_hour_is_over(sqlite_house: TestHouse) -> None:
    made = settled(sqlite_house, pool())
    unit = Unit(sqlite_house.services.database)
    Quotas(unit, made).spend(THREE, "ann", NOW)
    Quotas(unit, made).spend(THREE, "bob", NOW + 60.0)
    with unit:
        assert sweep(unit, NOW + HOUR + 30.0) == 1
