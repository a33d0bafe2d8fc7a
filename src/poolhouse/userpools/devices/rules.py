"""What a pool does with devices, what one may stand for, and how it is shown: pure.

Source: "Working with user devices in your user pool", developer guide; DeviceType, API reference.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection

from poolhouse.arns import region_of
from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.devices.rows import Device, Secret
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import EXTERNAL_PROVIDER, User
from poolhouse.userpools.users.rules import RECENT

MOST_OF_A_USER = 100
"""Browsers lose what they kept and are confirmed anew: the device longest not seen makes room."""

_LONGEST_SALT = 64
# The modulus has 3072 bits, and Java's BigInteger writes a sign bit before them.
_LONGEST_VERIFIER = 385
_NOTHING = idp.DeviceConfigurationType()


def tracks(pool: Pool) -> bool:
    """Whether the pool has device tracking on: any value of its configuration says so."""
    return _configuration(pool) != _NOTHING


def opt_in(pool: Pool) -> bool:
    """Whether a device is remembered only once its user says so."""
    return _configuration(pool).device_only_remembered_on_user_prompt is True


def refuse_untracked(pool: Pool) -> None:
    """Raises InvalidUserPoolConfigurationException where device tracking is off."""
    if not tracks(pool):
        raise idp.InvalidUserPoolConfigurationException(
            "Device tracking is not configured for the user pool."
        )


def stands_for_a_factor(pool: Pool, device: Device) -> bool:
    """Whether the device's proof is asked for in the place of a second factor."""
    wanted = _configuration(pool).challenge_required_on_new_device is True
    return wanted and device.remembered and device.trusted


def trusted_from(user: User, auth_time: float, amr: Collection[str], now: float) -> bool:
    """Whether a device that is confirmed in a session may stand for a second factor from then on.

    Where the user has one, it was shown in that session, or has just been set up in it: an access
    token that a password alone once got makes no device that skips the factor of today.
    """
    return not user.factors.enabled or "mfa" in amr or now - auth_time <= RECENT


def may_have(pool: Pool, user: User) -> bool:
    """Whether a sign-in of the user may be given a device; those of other identity providers sign
    in elsewhere."""
    return tracks(pool) and user.status != EXTERNAL_PROVIDER


def secret_of(given: idp.DeviceSecretVerifierConfigType | None, modulus: int) -> Secret:
    """The secret's salt and verifier from base64. `modulus` is N of SRP.

    Raises InvalidParameterException for what is missing, no base64, too long, or a number that
    could be proved without the secret: a multiple of N, 1, or N - 1.
    """
    if given is None or not given.password_verifier or not given.salt:
        raise idp.InvalidParameterException("Missing required parameter DeviceSecretVerifierConfig")
    salt = _octets("Salt", given.salt, _LONGEST_SALT)
    verifier = _octets("PasswordVerifier", given.password_verifier, _LONGEST_VERIFIER)
    if not 1 < int.from_bytes(verifier) < modulus - 1:
        raise idp.InvalidParameterException("Invalid PasswordVerifier.")
    return Secret(salt, verifier)


def as_device_type(device: Device, username: str, account: str) -> idp.DeviceType:
    owner = f"{username}.{device.pool_id}"
    place = f"arn:aws:cognito-idp:{region_of(device.pool_id)}:{account}"
    attributes = {
        "device_status": "valid",
        "device_name": device.name,
        "dev:device_arn": f"{place}:owner/{owner}/device/{device.key}",
        "dev:device_owner": owner,
        "last_ip_used": device.last_ip,
        "dev:device_remembered_status": "remembered" if device.remembered else "not_remembered",
        "dev:device_sdk": "aws-sdk",
    }
    return idp.DeviceType(
        device_key=device.key,
        device_attributes=[
            idp.AttributeType(name=name, value=value) for name, value in attributes.items() if value
        ],
        device_create_date=device.created_at,
        device_last_modified_date=device.modified_at,
        device_last_authenticated_date=device.last_seen_at,
    )


def _configuration(pool: Pool) -> idp.DeviceConfigurationType:
    return pool.settings.device_configuration or _NOTHING


def _octets(name: str, text: str, most: int) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not 0 < len(found) <= most:
        raise idp.InvalidParameterException(f"Invalid {name}.")
    return found
