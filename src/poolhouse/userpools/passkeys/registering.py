"""Registering a passkey: the options for the browser, and the judging of what it sends back.

Source: WebAuthn Level 3, 5.4 and 7.1; StartWebAuthnRegistration, API reference, for the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.passkeys import attestation, judging, rules
from poolhouse.userpools.passkeys.attestation import Policy, unsupported
from poolhouse.userpools.passkeys.reading import Registration, base64url, malformed
from poolhouse.userpools.passkeys.relying_party import RelyingParty
from poolhouse.userpools.passkeys.rows import Challenge, Passkey
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User

_EC2, _RSA, _P256 = 2, 3, 1
_SHORTEST_MODULUS, _LONGEST_MODULUS = 256, 1024  # octets


def creation_options(
    pool: Pool,
    party: RelyingParty,
    user: User,
    challenge: bytes,
    has: Sequence[Passkey],
    policy: Policy,
) -> dict[str, Any]:
    """PublicKeyCredentialCreationOptionsJSON. The key is to be discoverable: it can then be used
    where no name was typed."""
    name = shown_name(pool, user)
    options: dict[str, Any] = {
        "rp": {"id": party.id, "name": party.id},
        "user": {"id": base64url(user.sub.encode()), "name": name, "displayName": name},
        "challenge": base64url(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in rules.ALGORITHMS],
        "timeout": rules.TIMEOUT,
        "excludeCredentials": [
            {"type": "public-key", "id": passkey.credential_id}
            for passkey in has
            if passkey.rp_id == party.id
        ],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": rules.user_verification(pool),
        },
    }
    return options | ({"attestation": policy.conveyance} if policy.conveyance else {})


def shown_name(pool: Pool, user: User) -> str:
    """What the user signs in with; in pools of e-mail or phone names the user name says nobody
    anything."""
    for attribute in sorted(pool.username_attributes):
        if user.attributes.get(attribute):
            return user.attributes[attribute]
    return user.username


def verified(
    pool: Pool,
    party: RelyingParty | None,
    begun: Challenge,
    read: Registration,
    policy: Policy,
    now: float,
) -> Passkey:
    """The new passkey, if everything about it is right.

    Raises:
        WebAuthnRelyingPartyMismatchException: made for another relying party than the pool's.
        WebAuthnOriginNotAllowedException: on a page that is not of the list.
        WebAuthnCredentialNotSupportedException: a key, a flag or a maker that is not taken.
        InvalidParameterException: no registration.
    """
    if party is None or begun.rp_id != party.id:
        raise _mismatch()
    if read.client.type != judging.CREATE:
        raise malformed("type")
    if not judging.allowed_origin(read.client, party):
        raise judging.not_allowed(party)
    if not judging.for_party(read.data, party):
        raise _mismatch()
    lacks = judging.missing_flag(read.data, rules.user_verification(pool))
    if lacks:
        raise unsupported(lacks)
    attested = read.data.attested
    assert attested is not None
    check_key(attested.public_key)
    aaguid = str(UUID(bytes=attested.aaguid))
    attestation.check(policy, read, aaguid)
    return Passkey(
        pool.id,
        read.credential_id,
        begun.sub,
        party.id,
        _verified_key(party, read, policy),
        read.data.sign_count,
        aaguid,
        rules.friendly_name(aaguid, read.attachment),
        read.attachment,
        read.transports,
        read.data.user_verified,
        read.data.backup_eligible,
        read.data.backed_up,
        now,
    )


def check_key(key: dict[Any, Any]) -> None:
    """A COSE_Key of an algorithm that was offered, with its own members and no others.

    Raises WebAuthnCredentialNotSupportedException.
    """
    members = set(key)
    if key.get(3) == rules.ES256:
        x, y = key.get(-2), key.get(-3)
        right = members == {1, 3, -1, -2, -3} and (key[1], key[-1]) == (_EC2, _P256)
        right = right and all(isinstance(each, bytes) and len(each) == 32 for each in (x, y))
    elif key.get(3) == rules.RS256:
        n, e = key.get(-1), key.get(-2)
        right = members == {1, 3, -1, -2} and key[1] == _RSA
        right = right and isinstance(n, bytes) and isinstance(e, bytes) and len(e) <= 4
        right = right and _SHORTEST_MODULUS <= len(n or b"") <= _LONGEST_MODULUS
    else:
        raise unsupported("its algorithm was not offered")
    if not right:
        raise unsupported("its key is not one of the algorithm")


def _verified_key(party: RelyingParty, read: Registration, policy: Policy) -> bytes:
    """The COSE_Key, once the library finds nothing wrong. Raises
    WebAuthnCredentialNotSupportedException for whatever it finds, in whatever way it breaks."""
    from webauthn import verify_registration_response
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.helpers.structs import AttestationFormat

    by_format = {AttestationFormat(name): list(policy.roots) for name in attestation.FORMATS}
    try:
        attestation.check_chain(policy, read)
        found = verify_registration_response(
            credential=read.given,
            expected_challenge=read.client.challenge,
            expected_rp_id=party.id,
            expected_origin=read.client.origin,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(alg) for alg in rules.ALGORITHMS],
            pem_root_certs_bytes_by_fmt=by_format,
        )
        # A point that is on the curve, a modulus that is one.
        decoded = decode_credential_public_key(found.credential_public_key)
        decoded_public_key_to_cryptography(decoded)
    except Exception as error:
        raise unsupported("its attestation or key is not right") from error
    return found.credential_public_key


def _mismatch() -> idp.WebAuthnRelyingPartyMismatchException:
    return idp.WebAuthnRelyingPartyMismatchException(
        "The passkey was made for another relying party than the user pool's."
    )
