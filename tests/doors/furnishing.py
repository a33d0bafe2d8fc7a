"""What the tests of the doors put into a house."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from poolhouse import app as composition
from poolhouse.app import Front
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import Catalogue, performs
from poolhouse.kernel.perform import House
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.signing.store import SigningKeys
from tests.support.house import TestHouse

POOL = "us-east-1_Doors0001"


def add_pool(house: TestHouse, pool_id: str = POOL) -> str:
    """A pool with its keys, straight into the stores."""
    now = house.clock.now()
    with Unit(house.services.database) as unit:
        Pools(unit).add(Pool(pool_id, "us-east-1", "doors", idp.UserPoolType(), 1, now, now))
        SigningKeys(unit, house.services.sealer).equip(pool_id, now)
    return pool_id


@contextmanager
def instead(house: TestHouse, front: Front) -> Iterator[TestHouse]:
    """The same house behind another front."""
    usual, house.application = house.application, front
    try:
        yield house
    finally:
        house.application = usual
        front.close()


def front_where_sign_up(house: TestHouse, does: Callable[[], Any]) -> Front:
    """A front of a house that performs SignUp only, in the given way."""

    @performs(idp.SignUp)
    def sign_up(call: Call[Anyone], ask: idp.SignUpRequest) -> idp.SignUpResponse:
        does()
        return idp.SignUpResponse(user_confirmed=True, user_sub="sub")

    room = ModuleType("room")
    vars(room)["sign_up"] = sign_up
    catalogue = Catalogue(composition.DECLARED, [room])
    return composition.front(House(house.services, catalogue, composition.provers()))
