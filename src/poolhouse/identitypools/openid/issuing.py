"""How an OpenID token is made."""

from __future__ import annotations

from typing import Any

from poolhouse.identitypools.identities.bearing import Bearer
from poolhouse.identitypools.openid import rules
from poolhouse.identitypools.openid.publishing import issuer
from poolhouse.identitypools.openid.store import OpenIdKeys
from poolhouse.kernel.call import Call
from poolhouse.keys.signing import SigningKey, sign


def signing_key(call: Call[Any]) -> SigningKey:
    """The key that signs now. Call before the first write: the first key is made here."""
    return OpenIdKeys(call.unit, call.services.sealer).signer(call.now)


def token(call: Call[Any], key: SigningKey, bearer: Bearer, lifetime: int) -> str:
    """A token that is good for `lifetime` seconds."""
    return sign(rules.claims(bearer, issuer(call.services.settings), call.now, lifetime), key)
