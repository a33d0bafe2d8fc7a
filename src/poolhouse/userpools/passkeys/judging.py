"""What both ceremonies check the same way, whoever the user is: pure.

Source: WebAuthn Level 3, 7.1 and 7.2; in that order, but for what costs a look into the database.
"""

from __future__ import annotations

import hashlib
import hmac

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.passkeys.reading import AuthenticatorData, ClientData
from poolhouse.userpools.passkeys.relying_party import RelyingParty

CREATE, GET = "webauthn.create", "webauthn.get"


def right_challenge(client: ClientData, challenge: bytes) -> bool:
    return hmac.compare_digest(client.challenge, challenge)


def right_hash(client: ClientData, hashed: str) -> bool:
    """Whether the challenge is the one that was kept as this SHA-256."""
    return hmac.compare_digest(hash_of(client.challenge), hashed)


def hash_of(challenge: bytes) -> str:
    return hashlib.sha256(challenge).hexdigest()


def allowed_origin(client: ClientData, party: RelyingParty) -> bool:
    """An origin of the list, and no page inside another's."""
    return not client.cross_origin and party.allows(client.origin)


def for_party(data: AuthenticatorData, party: RelyingParty) -> bool:
    return hmac.compare_digest(data.rp_id_hash, hashlib.sha256(party.id.encode()).digest())


def missing_flag(data: AuthenticatorData, verification: str) -> str | None:
    """What the flags lack, in words; None where they lack nothing."""
    if not data.user_present:
        return "the user was not present"
    if verification == "required" and not data.user_verified:
        return "the user was not verified"
    if data.backed_up and not data.backup_eligible:
        return "it cannot be backed up, and is"
    return None


def not_allowed(party: RelyingParty) -> idp.WebAuthnOriginNotAllowedException:
    return idp.WebAuthnOriginNotAllowedException(
        f"The origin is not allowed for the relying party {party.id}."
    )
