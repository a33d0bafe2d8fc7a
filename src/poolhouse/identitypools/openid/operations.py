"""The verbs of the basic flow: a token of one's identity, and a role for it."""

from __future__ import annotations

from typing import Any

from poolhouse.access.policy.malformed import shown
from poolhouse.contract import cognito_identity as cid
from poolhouse.contract import sts
from poolhouse.contract.callers import Anyone
from poolhouse.contract.shape import ServiceError
from poolhouse.iam.sts import federated
from poolhouse.identitypools.identities.bearing import bearer
from poolhouse.identitypools.identities.store import Identities
from poolhouse.identitypools.logins.proving import unproved_claims
from poolhouse.identitypools.openid import rules
from poolhouse.identitypools.openid.issuing import signing_key, token
from poolhouse.identitypools.openid.proving import as_web_identity, proved
from poolhouse.identitypools.openid.publishing import issuer
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.keys.verifying import InvalidToken


@performs(cid.GetOpenIdToken)
def get_open_id_token(
    call: Call[Anyone], ask: cid.GetOpenIdTokenInput
) -> cid.GetOpenIdTokenResponse:
    """A token of ten minutes that says which identity its bearer has, for STS."""
    identity, pool = Identities(call.unit).get(ask.identity_id)
    rules.check_basic_flow(pool, guest=not ask.logins)
    key = signing_key(call)
    found = bearer(call, identity, pool, ask.logins or {})
    return cid.GetOpenIdTokenResponse(
        identity_id=found.identity_id, token=token(call, key, found, rules.BASIC_LIFETIME)
    )


@performs(sts.AssumeRoleWithWebIdentity)
def assume_role_with_web_identity(
    call: Call[Anyone], ask: sts.AssumeRoleWithWebIdentityRequest
) -> sts.AssumeRoleWithWebIdentityResponse:
    """Credentials of a role that trusts the identity of the token's bearer."""
    if ask.provider_id is not None:
        raise sts.InvalidIdentityTokenException("ProviderId is for OAuth 2.0 access tokens only.")
    try:
        found = proved(call.services, call.unit, ask.web_identity_token)
    except InvalidToken as error:
        raise _refused(call, error, ask.web_identity_token) from None
    asked: Call[Any] = call
    return federated.assume_role_with_web_identity(asked, ask, as_web_identity(found))


def _refused(call: Call[Anyone], error: InvalidToken, given: str) -> ServiceError:
    claims = unproved_claims(given)
    if claims is None:
        return sts.InvalidIdentityTokenException("The ID Token provided is not a valid JWT.")
    if claims.get("iss") != issuer(call.services.settings):
        return sts.InvalidIdentityTokenException(
            "No OpenIDConnect provider found in your account for " + shown(str(claims.get("iss")))
        )
    if error.reason == "expired":
        return sts.ExpiredTokenException(
            f"Token expired: current date/time {int(call.now)} must be before the expiration "
            f"date/time {claims.get('exp')}"
        )
    return sts.InvalidIdentityTokenException("The web identity token could not be verified.")
