"""Signing in with a passkey: the options for the browser, and the judging of its answer.

What does not depend on the user is checked first and refused in plain words; the rest is one
refusal for all names, those that nobody has included.
Source: WebAuthn Level 3, 5.5 and 7.2.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.passkeys import judging, reading, rules
from poolhouse.userpools.passkeys.reading import Assertion, base64url
from poolhouse.userpools.passkeys.relying_party import RelyingParty, relying_party_of
from poolhouse.userpools.passkeys.rows import Passkey
from poolhouse.userpools.passkeys.store import Passkeys
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.naming import key_of
from poolhouse.userpools.users.rows import User

log = logging.getLogger("poolhouse.signin")

# A P-256 key whose other half was thrown away: names that nobody has cost a signature as well.
_NOBODYS = bytes.fromhex(
    "a5010203262001215820f9b6b526134802fb5e7fc5dd708ae427ab9800c92f3d2d72c1c361395b034c62"
    "2258204151ba1cd0e61f2e2befcf4f13b4c5e1ca6e7741e27dd1bb2487e53f3ce1706e"
)
_NOBODYS_TRANSPORTS: tuple[list[str], ...] = (
    ["internal"],
    ["hybrid", "internal"],
    ["usb"],
    ["nfc", "usb"],
    [],
)
_LENGTHS_OF_NOBODYS = (16, 20, 32, 32)
_NUMBERS_OF_NOBODYS = (1, 1, 1, 1, 2, 2, 3)
_BORNE_BY_NOBODY = "passkeys of a name that nobody has"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a right answer proves: `methods` for the sign-in to remember."""

    methods: tuple[str, ...]
    user_verified: bool


# who has one ----------------------------------------------------------------------------
def has_passkeys(call: Call[Any], pool: Pool, user: User) -> bool:
    """Whether the user has one that can be used: for the relying party as it is now."""
    party = relying_party_of(call.services.settings, pool)
    return party is not None and Passkeys(call.unit, pool).any(user.sub, party.id)


def seems_to_have(call: Call[Any], pool: Pool, name: str, nobody: User) -> bool:
    """The same of a name that nobody has: every other one, the same each time. It costs the same
    look-up, for a stand-in."""
    party = relying_party_of(call.services.settings, pool)
    has_none = not has_passkeys(call, pool, nobody)
    return party is not None and has_none and bool(_tag(call, pool, name)[0] & 1)


# asking ---------------------------------------------------------------------------------
def request_options(call: Call[Any], pool: Pool, user: User | None, name: str) -> tuple[str, bytes]:
    """PublicKeyCredentialRequestOptionsJSON as text, and its challenge.

    Raises InvalidParameterException where the pool has no relying party.
    """
    party = relying_party_of(call.services.settings, pool)
    if party is None:
        raise idp.InvalidParameterException("The user pool has no relying party id.")
    challenge = ids.octets(rules.CHALLENGE_OCTETS)
    of_user = Passkeys(call.unit, pool).list(user.sub if user else "?")
    allowed = [_descriptor(each) for each in of_user if each.rp_id == party.id]
    if user is None:
        allowed = _nobodys(call, pool, name)
    options = {
        "challenge": base64url(challenge),
        "timeout": rules.TIMEOUT,
        "rpId": party.id,
        "allowCredentials": allowed,
        "userVerification": rules.user_verification(pool),
    }
    return json.dumps(options, separators=(",", ":")), challenge


def _descriptor(passkey: Passkey) -> dict[str, Any]:
    named = {"type": "public-key", "id": passkey.credential_id}
    return named | ({"transports": list(passkey.transports)} if passkey.transports else {})


def _nobodys(call: Call[Any], pool: Pool, name: str) -> list[dict[str, Any]]:
    """One to three passkeys, the same each time, as authenticators make them."""
    tag, made = _tag(call, pool, name), []
    for number in range(_NUMBERS_OF_NOBODYS[tag[1] % len(_NUMBERS_OF_NOBODYS)]):
        drawn = call.services.sealer.mac(tag + bytes([number]), _BORNE_BY_NOBODY)
        length = _LENGTHS_OF_NOBODYS[tag[2 + number] % len(_LENGTHS_OF_NOBODYS)]
        transports = _NOBODYS_TRANSPORTS[tag[5 + number] % len(_NOBODYS_TRANSPORTS)]
        named = {"type": "public-key", "id": base64url(drawn[:length])}
        made.append(named | ({"transports": transports} if transports else {}))
    return made


def _tag(call: Call[Any], pool: Pool, name: str) -> bytes:
    key = f"{pool.id}/{key_of(pool, name)}".encode("utf-8", "surrogatepass")
    return call.services.sealer.mac(key, _BORNE_BY_NOBODY)


# judging --------------------------------------------------------------------------------
def judge(
    call: Call[Any], pool: Pool, user: User | None, credential: str, challenge: bytes
) -> Shown | None:
    """Judges an AuthenticationResponseJSON; its use is counted at once, whatever becomes of the
    sign-in. None where it is not an answer of this user's. No transaction may be open.

    Raises InvalidParameterException where it cannot be read, NotAuthorizedException where it
    would be refused of anybody, or is of a relying party that the pool has left.
    """
    party = relying_party_of(call.services.settings, pool)
    if party is None:
        raise idp.NotAuthorizedException("The user pool has no relying party id.")
    read = reading.assertion(credential)
    _refuse_of_anybody(read, challenge, party, rules.user_verification_at_sign_in(pool))
    store = Passkeys(call.unit, pool)
    passkey = _of(user, read, store.find(read.credential_id))
    signed = _signed(read, challenge, party, passkey.public_key if passkey else _NOBODYS)
    if user is None or passkey is None or not signed:
        return None
    if passkey.rp_id != party.id:
        raise idp.NotAuthorizedException(
            f"The passkey was registered for {passkey.rp_id}; the user pool is {party.id} now."
        )
    data = read.data
    if not store.use(passkey, data.sign_count, backed_up=data.backed_up, now=call.now):
        log.warning(
            "passkey counter did not grow: a copy may exist, or an answer came twice",
            extra={"request_id": call.origin.request_id, "pool": pool.id, "subject": passkey.sub},
        )
        return None
    verified = data.user_verified
    return Shown(rules.methods(pool, user, passkey, user_verified=verified), verified)


def _refuse_of_anybody(
    read: Assertion, challenge: bytes, party: RelyingParty, verification: str
) -> None:
    if read.client.type != judging.GET:
        raise idp.NotAuthorizedException("The passkey's answer is to another request.")
    if not judging.right_challenge(read.client, challenge):
        raise idp.NotAuthorizedException("The passkey's answer is to another challenge.")
    if not judging.allowed_origin(read.client, party):
        raise idp.NotAuthorizedException(str(judging.not_allowed(party)))
    if not judging.for_party(read.data, party):
        raise idp.NotAuthorizedException(
            f"The passkey is of another relying party than {party.id}."
        )
    lacks = judging.missing_flag(read.data, verification)
    if lacks:
        raise idp.NotAuthorizedException(f"The passkey is not accepted: {lacks}.")


def _of(user: User | None, read: Assertion, found: Passkey | None) -> Passkey | None:
    """The passkey, where it is this user's and says so itself, if it says anything."""
    if user is None or found is None or found.sub != user.sub:
        return None
    if read.user_handle is not None and read.user_handle != user.sub.encode():
        return None
    return found if found.backup_eligible == read.data.backup_eligible else None


def _signed(read: Assertion, challenge: bytes, party: RelyingParty, public_key: bytes) -> bool:
    """Whether the signature is one of this key. The counter is the database's to judge."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        verify_authentication_response(
            credential=read.given,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=read.client.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
        )
    except (WebAuthnException, ValueError):
        return False
    return True
