"""The verbs on devices, by users themselves and by administrators."""

from __future__ import annotations

from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone, Signed, SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import AnyOperation, performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page, size_of
from poolhouse.userpools.devices.rows import Device
from poolhouse.userpools.devices.rules import (
    as_device_type,
    opt_in,
    refuse_untracked,
    secret_of,
    tracks,
    trusted_from,
)
from poolhouse.userpools.devices.store import Devices, missing
from poolhouse.userpools.passwords.srp import N
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.tokens.proving import prove_token
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.store import Users

REMEMBERED = "remembered"


@performs(idp.ConfirmDevice)
def confirm_device(
    call: Call[SignedIn], ask: idp.ConfirmDeviceRequest
) -> idp.ConfirmDeviceResponse:
    """Keeps the device whose key this very sign-in was given, and what its secret is proved by."""
    pool, caller = _tracking(call, call.caller.pool_id), call.caller
    secret = secret_of(ask.device_secret_verifier_config, N)
    user = Users(call.unit, pool).lock(caller.sub)
    session = Sessions(call.unit).hold(pool.id, caller.session_id)
    if session is None or session.revoked_at is not None:
        raise idp.NotAuthorizedException("Access Token has been revoked")
    if session.device_key != ask.device_key:
        raise idp.InvalidParameterException("Invalid device key given.")
    devices = Devices(call, pool)
    device = devices.confirmed(
        caller.sub,
        ask.device_key,
        secret,
        name=ask.device_name,
        remembered=not opt_in(pool),
        trusted=trusted_from(user, session.auth_time, session.amr, call.now),
        ip=call.origin.source_ip,
        now=call.now,
    )
    if not devices.add(device):
        raise idp.DeviceKeyExistsException("The device has been confirmed already.")
    return idp.ConfirmDeviceResponse(user_confirmation_necessary=opt_in(pool))


@performs(idp.GetDevice)
def get_device(call: Call[Anyone], ask: idp.GetDeviceRequest) -> idp.GetDeviceResponse:
    """One device of the signed-in user."""
    bearer = _bearer(call, ask.access_token)
    device = Devices(call, _tracking(call, bearer.pool_id)).get(bearer.sub, ask.device_key)
    return idp.GetDeviceResponse(device=as_device_type(device, bearer.username, call.account))


@performs(idp.ListDevices)
def list_devices(call: Call[SignedIn], ask: idp.ListDevicesRequest) -> idp.ListDevicesResponse:
    """The devices of the signed-in user; none where the pool does not track them."""
    pool, caller = Pools(call.unit).get(call.caller.pool_id), call.caller
    found, token = _listed(call, idp.ListDevices, pool, caller.sub, ask.limit, ask.pagination_token)
    return idp.ListDevicesResponse(
        devices=[as_device_type(device, caller.username, call.account) for device in found],
        pagination_token=token,
    )


@performs(idp.UpdateDeviceStatus)
def update_device_status(
    call: Call[SignedIn], ask: idp.UpdateDeviceStatusRequest
) -> idp.UpdateDeviceStatusResponse:
    """Says whether a device of the signed-in user is to be remembered."""
    pool = _tracking(call, call.caller.pool_id)
    _set(call, pool, call.caller.sub, ask.device_key, ask.device_remembered_status)
    return idp.UpdateDeviceStatusResponse()


@performs(idp.ForgetDevice)
def forget_device(call: Call[Anyone], ask: idp.ForgetDeviceRequest) -> None:
    """Removes a device of the signed-in user and ends its sessions, but the one that asks: an
    application that forgets its own device goes on."""
    bearer = _bearer(call, ask.access_token)
    pool = _tracking(call, bearer.pool_id)
    _forget(call, pool, bearer.sub, ask.device_key, spared=bearer.session_id)


@performs(idp.AdminGetDevice)
def admin_get_device(
    call: Call[Signed], ask: idp.AdminGetDeviceRequest
) -> idp.AdminGetDeviceResponse:
    """One device of a user."""
    pool = _tracking(call, ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    device = Devices(call, pool).get(user.sub, ask.device_key)
    return idp.AdminGetDeviceResponse(device=as_device_type(device, user.username, call.account))


@performs(idp.AdminListDevices)
def admin_list_devices(
    call: Call[Signed], ask: idp.AdminListDevicesRequest
) -> idp.AdminListDevicesResponse:
    """The devices of a user; none where the pool does not track them."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    asked = idp.AdminListDevices
    found, token = _listed(call, asked, pool, user.sub, ask.limit, ask.pagination_token)
    return idp.AdminListDevicesResponse(
        devices=[as_device_type(device, user.username, call.account) for device in found],
        pagination_token=token,
    )


@performs(idp.AdminUpdateDeviceStatus)
def admin_update_device_status(
    call: Call[Signed], ask: idp.AdminUpdateDeviceStatusRequest
) -> idp.AdminUpdateDeviceStatusResponse:
    """Says whether a user's device is to be remembered."""
    pool = _tracking(call, ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    _set(call, pool, user.sub, ask.device_key, ask.device_remembered_status)
    return idp.AdminUpdateDeviceStatusResponse()


@performs(idp.AdminForgetDevice)
def admin_forget_device(call: Call[Signed], ask: idp.AdminForgetDeviceRequest) -> None:
    """Removes a user's device and ends its sessions."""
    pool = _tracking(call, ask.user_pool_id)
    _forget(call, pool, Users(call.unit, pool).get(ask.username).sub, ask.device_key)


def _tracking(call: Call[Any], pool_id: str) -> Pool:
    """The pool. Raises InvalidUserPoolConfigurationException where it does not track devices."""
    pool = Pools(call.unit).get(pool_id)
    refuse_untracked(pool)
    return pool


def _bearer(call: Call[Anyone], access_token: str | None) -> SignedIn:
    """Who is signed in; the model leaves the token to choice, and there is no other way to say."""
    if not access_token:
        raise idp.InvalidParameterException("Missing required parameter AccessToken")
    return prove_token(call.services, call.unit, access_token)


def _listed(
    call: Call[Any],
    operation: AnyOperation,
    pool: Pool,
    sub: str,
    limit: int | None,
    token: str | None,
) -> tuple[list[Device], str | None]:
    if not tracks(pool):
        return [], None
    marks, size = bookmarks(call, operation, pool.id, sub), size_of(limit)
    (after,) = place_of(marks, token) or [""]
    found = page(marks, Devices(call, pool).list(sub, after, size + 1), size, _by_key)
    return found.items, found.next_token


def _set(call: Call[Any], pool: Pool, sub: str, key: str, status: str | None) -> None:
    """Where no status is given, nothing but that there is such a device is found out."""
    devices = Devices(call, pool)
    if status is None:
        devices.get(sub, key)
    elif not devices.set_remembered(sub, key, status == REMEMBERED, call.now):
        raise missing()


def _forget(call: Call[Any], pool: Pool, sub: str, key: str, *, spared: str = "") -> None:
    """At once, with the sessions that began with the device. A sign-in that is about to end waits
    for the locked user, and finds the device gone."""
    Users(call.unit, pool).lock(sub)
    if not Devices(call, pool).remove(sub, key):
        raise missing()
    Sessions(call.unit).revoke_device(pool, sub, key, call.now, spared=spared)


def _by_key(device: Device) -> tuple[str, ...]:
    return (device.key,)
