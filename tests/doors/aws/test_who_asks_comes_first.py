"""Who asks is known before it is looked at what there is."""

from __future__ import annotations

import json
from typing import Any

from poolhouse.app import DECLARED
from poolhouse.contract.callers import Signed
from tests.doors.furnishing import add_pool
from tests.support.house import ENDPOINT, TestHouse

GHOST = "us-east-1_Nowhere00"
UNPROVED = {"MissingAuthenticationTokenException", "MissingAuthenticationToken"}


def asked(house: TestHouse, path: str, **members: Any) -> tuple[int, str]:
    status, fields, _ = house.request("POST", ENDPOINT + path, {}, json.dumps(members).encode())
    return status, fields.get("x-amzn-errortype", "").rstrip(":")


def test_a_stranger_hears_the_same_of_pools_that_are_there_and_of_others(
    sqlite_house: TestHouse,
) -> None:
    """ADM-02: on the path of every operation that wants a signature."""
    signed = [
        (f"/{service.name}/{operation.name}", sqlite_house.house.catalogue.performance(operation))
        for service, operations in DECLARED
        for operation in operations
        if operation.caller is Signed
    ]
    assert len(signed) > 150
    pool = add_pool(sqlite_house)
    for path, performed in signed:
        heard = {
            asked(sqlite_house, path, UserPoolId=named, IdentityPoolId=named, Username="ann")
            for named in (pool, GHOST, "../x", "")
        }
        assert len(heard) == 1, path
        ((status, code),) = heard
        assert status in (400, 401, 403, 404), path
        assert not performed or code in UNPROVED, path
