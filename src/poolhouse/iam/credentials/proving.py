"""From a signed request to the principal that signed it, with what its policies allow now."""

from __future__ import annotations

from msgspec.structs import replace

from poolhouse.access import sigv4
from poolhouse.contract.callers import Authority, Signed
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.iam.credentials.actors import Facts, facts_of_actor, facts_of_request
from poolhouse.iam.credentials.authority import Nothing
from poolhouse.iam.credentials.derived import DerivedKeys
from poolhouse.iam.credentials.principals import Credential, authority_of, behind
from poolhouse.iam.credentials.rows import ACTIVE, ROOT
from poolhouse.iam.credentials.session import session_of
from poolhouse.iam.credentials.store import AccessKeys, opened_secret
from poolhouse.kernel.call import Origin
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit

_DECOY = "no-such-secret-access-key-0123456789abcd"

# "IAM calls are always made to the us-east-1 Region": aws:RequestedRegion, IAM user guide.
_REGION_OF_IAM = "us-east-1"

_derived = DerivedKeys()


def prove_signature(
    services: Services, unit: Unit, request: sigv4.HttpRequest, service: str, origin: Origin
) -> Signed:
    """The principal.

    Raises:
        Refused: MISSING_AUTHENTICATION, INCOMPLETE_SIGNATURE, UNKNOWN_TOKEN, BAD_SIGNATURE or
            EXPIRED_TOKEN.
    """
    claim = sigv4.parse(request)
    now = services.clock.now()
    credential = _credential(services, unit, claim)
    _verify(services, request, claim, credential, service, now)
    if credential is None:
        raise Refused(Refusal.UNKNOWN_TOKEN)
    session = credential.session
    if session is not None and session.expires_at <= now:
        raise Refused(Refusal.EXPIRED_TOKEN)
    found = behind(services, unit, credential)
    if found is None:
        raise Refused(Refusal.UNKNOWN_TOKEN)
    if credential.key is not None:
        AccessKeys(unit).note_use(credential.key, service, claim.region, now)
    spent_by = claim.timestamp + sigv4.SKEW + 1
    actor = replace(found.actor, signature=claim.signature, spent_by=spent_by)
    authority: Authority = Nothing()
    if claim.expires is None:
        secure = services.settings.issuer_base.startswith("https://")

        def facts() -> Facts:
            region = _REGION_OF_IAM if service == "iam" else claim.region
            asked = facts_of_request(region=region, origin=origin, secure=secure, now=now)
            return asked | facts_of_actor(actor)

        authority = authority_of(unit, actor, found.documents, facts)
    return Signed(
        actor.arn, actor.user_id, actor.account, claim.region, claim.access_key_id, authority
    )


def _credential(services: Services, unit: Unit, claim: sigv4.Claim) -> Credential | None:
    """None where the key id names nothing that is in force, or not together with the token."""
    if claim.session_token is not None:
        session = session_of(services.sealer, claim.session_token)
        if session is None or session.access_key_id != claim.access_key_id:
            return None
        return Credential(b"session", lambda: session.secret, session=session)
    settings = services.settings
    if claim.access_key_id == settings.root_access_key_id:
        root_secret = settings.root_secret_access_key
        assert root_secret is not None
        secret = root_secret.get_secret_value()
        return Credential(services.sealer.mac(secret.encode(), "root secret"), lambda: secret)
    key = AccessKeys(unit).in_use(claim.access_key_id)
    if key is None or key.status != ACTIVE:
        return None
    if key.owner_id == ROOT and settings.root_access_key_id is not None:
        return None
    return Credential(
        key.sealed, lambda: opened_secret(services.sealer, key.id, key.sealed), key=key
    )


def _verify(
    services: Services,
    request: sigv4.HttpRequest,
    claim: sigv4.Claim,
    credential: Credential | None,
    service: str,
    now: float,
) -> None:
    """The same work whether or not there is such a key: who asks must not learn it by the time.
    So a key that is not there is looked for among the derived keys under its own name, too."""
    version = credential.version if credential else b"decoy"
    reveal = credential.reveal if credential else lambda: _decoy(services)
    derived = _derived.key(claim, version, reveal)
    try:
        sigv4.verify(request, claim, "", service=service, now=now, signing_key=derived)
    except Refused:
        if credential is None:
            raise Refused(Refusal.UNKNOWN_TOKEN) from None
        raise


def _decoy(services: Services) -> str:
    """Sealing costs what opening a real secret does."""
    services.sealer.seal(_DECOY.encode(), "decoy")
    return _DECOY
