"""The rows of devices, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.keys.sealing import Unsealable
from poolhouse.userpools.devices.rows import Device, Secret, devices
from poolhouse.userpools.devices.rules import MOST_OF_A_USER
from poolhouse.userpools.devices.store import Devices
from tests.support.house import TestHouse
from tests.support.signing_in import Scene
from tests.userpools.devices.scene import devices_of, tracking, user_of

SECRET = Secret(b"\x00\xe0salt", b"\x00\xffverifier of a device")


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    return tracking(house)


def confirmed(store: Devices, sub: str, key: str, now: float = 5.0) -> Device:
    return store.confirmed(
        sub, key, SECRET, name="tablet", remembered=True, trusted=False, ip="192.0.2.1", now=now
    )


def test_a_device_is_found_by_its_user_only_and_its_secret_is_sealed(scene: Scene) -> None:
    """CGN-20: a device's key names nothing beside its own user."""
    ann, bob = scene.user("ann"), scene.user("bob")
    with Unit(scene.house.services.database) as unit:
        store = devices_of(scene, unit)
        made = store.made(user_of(scene, "ann"))
        assert made is not None and store.find(ann, made.key) is None, "no row before it is kept"
        assert store.add(confirmed(store, ann, made.key))
    with Unit(scene.house.services.database) as unit:
        store = devices_of(scene, unit)
        found = store.get(ann, made.key)
        assert found.group_key == made.group_key and store.secret(found) == SECRET
        assert store.find(bob, made.key) is None
        with pytest.raises(idp.ResourceNotFoundException):
            store.get(bob, made.key)
        row = unit.one(select(devices))
        assert row is not None and SECRET.verifier not in row.verifier
        assert SECRET.salt not in row.salt
        swapped = replace(found, sub=bob)
        with pytest.raises(Unsealable):
            store.secret(swapped)


def test_keys_are_those_of_the_region_and_no_two_alike(scene: Scene) -> None:
    scene.user("ann")
    ann = user_of(scene, "ann")
    with Unit(scene.house.services.database) as unit:
        store = devices_of(scene, unit)
        made = [store.made(ann) for _ in range(20)]
    keys = {one.key for one in made if one}
    assert len(keys) == 20 and all(key.startswith("us-east-1_") for key in keys)
    groups = [one.group_key for one in made if one]
    assert all(len(group) == 9 and group[0] == "-" and group[1:].isalnum() for group in groups)
    assert len(set(groups)) == 20


def test_a_key_is_kept_once(scene: Scene) -> None:
    ann = scene.user("ann")
    with Unit(scene.house.services.database) as unit:
        store = devices_of(scene, unit)
        assert store.add(confirmed(store, ann, "us-east-1_a"))
        assert not store.add(replace(confirmed(store, ann, "us-east-1_a"), name="another"))
        assert store.get(ann, "us-east-1_a").name == "tablet"


def test_of_too_many_the_one_longest_not_seen_makes_room(scene: Scene) -> None:
    ann, bob = scene.user("ann"), scene.user("bob")
    with Unit(scene.house.services.database) as unit:
        store = devices_of(scene, unit)
        store.add(confirmed(store, bob, "us-east-1_0", now=0.5))
        for number in range(MOST_OF_A_USER):
            store.add(confirmed(store, ann, f"us-east-1_{number:04x}", now=float(1 + number)))
        store.seen(ann, "us-east-1_0000", ip="", now=1000.0, beside_a_factor=False)
        store.add(confirmed(store, ann, "us-east-1_ffff", now=1001.0))
        kept = [device.key for device in store.list(ann, "", 1000)]
        assert len(kept) == MOST_OF_A_USER
        assert "us-east-1_0000" in kept and "us-east-1_ffff" in kept
        assert "us-east-1_0001" not in kept
        assert store.find(bob, "us-east-1_0") is not None, "another user's are not counted"


def test_pages_go_by_key(scene: Scene) -> None:
    ann = scene.user("ann")
    keys = [f"us-east-1_{letter}" for letter in "cab-0"]
    with Unit(scene.house.services.database) as unit:
        store = devices_of(scene, unit)
        for key in keys:
            store.add(confirmed(store, ann, key))
        first = [device.key for device in store.list(ann, "", 2)]
        rest = [device.key for device in store.list(ann, first[-1], 10)]
    assert first + rest == sorted(keys)


def test_a_device_is_trusted_once_it_was_shown_beside_a_factor_until_all_is_signed_out(
    scene: Scene,
) -> None:
    ann, key = scene.user("ann"), "us-east-1_a"
    with Unit(scene.house.services.database) as unit:
        store = devices_of(scene, unit)
        store.add(confirmed(store, ann, key))
        store.wait(ann, key, "a session")
        assert store.get(ann, key).waiting == "a session"
        assert store.seen(ann, key, ip="192.0.2.9", now=9.0, beside_a_factor=False)
        seen = store.get(ann, key)
        assert (seen.trusted, seen.last_seen_at, seen.last_ip) == (False, 9.0, "192.0.2.9")
        assert seen.waiting is None and seen.modified_at == 5.0
        store.seen(ann, key, ip="", now=10.0, beside_a_factor=True)
        store.seen(ann, key, ip="", now=11.0, beside_a_factor=False)
        assert store.get(ann, key).trusted
        store.distrust(ann)
        assert not store.get(ann, key).trusted


def test_what_is_done_to_a_device_that_is_gone_is_told(scene: Scene) -> None:
    ann, bob = scene.user("ann"), scene.user("bob")
    with Unit(scene.house.services.database) as unit:
        store = devices_of(scene, unit)
        store.add(confirmed(store, ann, "us-east-1_a"))
        assert not store.remove(bob, "us-east-1_a")
        assert not store.set_remembered(bob, "us-east-1_a", False, 9.0)
        assert not store.seen(bob, "us-east-1_a", ip="", now=9.0, beside_a_factor=True)
        assert store.set_remembered(ann, "us-east-1_a", False, 9.0)
        changed = store.get(ann, "us-east-1_a")
        assert (changed.remembered, changed.modified_at) == (False, 9.0)
        assert store.remove(ann, "us-east-1_a") and not store.remove(ann, "us-east-1_a")
        assert not store.seen(ann, "us-east-1_a", ip="", now=9.0, beside_a_factor=False)


@pytest.mark.parametrize("what", ["user", "pool"])
def test_devices_go_with_their_user_and_their_pool(scene: Scene, what: str) -> None:
    ann, bob = scene.user("ann"), scene.user("bob")
    with Unit(scene.house.services.database) as unit:
        store = devices_of(scene, unit)
        store.add(confirmed(store, ann, "us-east-1_a"))
        store.add(confirmed(store, bob, "us-east-1_b"))
    if what == "user":
        scene.idp.admin_delete_user(UserPoolId=scene.pool, Username="ann")
    else:
        scene.idp.delete_user_pool(UserPoolId=scene.pool)
    with Unit(scene.house.services.database) as unit:
        left = [row.key for row in unit.all(select(devices))]
    assert left == (["us-east-1_b"] if what == "user" else [])
