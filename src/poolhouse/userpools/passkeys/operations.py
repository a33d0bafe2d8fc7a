"""The verbs on passkeys, all of them the signed-in user's own. Nobody but `app` comes here."""

from __future__ import annotations

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.passkeys import judging, reading, registering, rules
from poolhouse.userpools.passkeys.attestation import policy_of
from poolhouse.userpools.passkeys.relying_party import relying_party_of
from poolhouse.userpools.passkeys.rows import Challenge, Passkey
from poolhouse.userpools.passkeys.store import Challenges, Passkeys, missing
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.signin.first_factors import second_factor_due
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users
from poolhouse.userpools.users.store import missing as no_user


@performs(idp.StartWebAuthnRegistration)
def start_web_authn_registration(
    call: Call[SignedIn], ask: idp.StartWebAuthnRegistrationRequest
) -> idp.StartWebAuthnRegistrationResponse:
    """Begins the registration of a passkey; the answer is for the browser."""
    pool = Pools(call.unit).get(call.caller.pool_id)
    rules.refuse_unoffered(pool)
    party = relying_party_of(call.services.settings, pool)
    if party is None:
        raise idp.WebAuthnConfigurationMissingException("The user pool has no relying party id.")
    user = _enroller(call, pool)
    has = Passkeys(call.unit, pool).list(user.sub)
    rules.refuse_too_many(len(has))
    challenge, caller = ids.octets(rules.CHALLENGE_OCTETS), call.caller
    Challenges(call.unit, pool).put(
        Challenge(
            pool.id,
            user.sub,
            judging.hash_of(challenge),
            caller.client_id,
            caller.session_id,
            party.id,
            call.now + rules.CHALLENGE_LIFETIME,
        )
    )
    policy = policy_of(call.services.settings)
    options = registering.creation_options(pool, party, user, challenge, has, policy)
    return idp.StartWebAuthnRegistrationResponse(credential_creation_options=options)


@performs(idp.CompleteWebAuthnRegistration)
def complete_web_authn_registration(
    call: Call[SignedIn], ask: idp.CompleteWebAuthnRegistrationRequest
) -> idp.CompleteWebAuthnRegistrationResponse:
    """Registers the passkey that the browser has made. Right or wrong, it ends what was begun."""
    pool, settings = Pools(call.unit).get(call.caller.pool_id), call.services.settings
    rules.refuse_unoffered(pool)
    begun = Challenges(call.unit, pool).take(call.caller.sub)
    read = reading.registration(ask.credential)
    if begun is None or begun.expires_at < call.now or not _answers(read, begun):
        raise _not_begun()
    if begun.client_id != call.caller.client_id:
        raise idp.WebAuthnClientMismatchException("The registration was begun by another client.")
    if begun.session_id != call.caller.session_id:
        raise _not_begun()
    party = relying_party_of(settings, pool)
    made = registering.verified(pool, party, begun, read, policy_of(settings), call.now)
    _add(call, pool, made)
    return idp.CompleteWebAuthnRegistrationResponse()


@performs(idp.ListWebAuthnCredentials)
def list_web_authn_credentials(
    call: Call[SignedIn], ask: idp.ListWebAuthnCredentialsRequest
) -> idp.ListWebAuthnCredentialsResponse:
    """The passkeys of the signed-in user, oldest first."""
    pool = Pools(call.unit).get(call.caller.pool_id)
    marks = bookmarks(call, idp.ListWebAuthnCredentials, pool.id, call.caller.sub)
    place, size = place_of(marks, ask.next_token), ask.max_results or rules.MOST
    has = Passkeys(call.unit, pool).list(call.caller.sub)
    if place is not None:
        after = float(place[0]), place[1]
        has = [each for each in has if (each.created_at, each.credential_id) > after]
    found = page(marks, has, size, _place)
    return idp.ListWebAuthnCredentialsResponse(
        credentials=[_shown(each) for each in found.items], next_token=found.next_token
    )


@performs(idp.DeleteWebAuthnCredential)
def delete_web_authn_credential(
    call: Call[SignedIn], ask: idp.DeleteWebAuthnCredentialRequest
) -> idp.DeleteWebAuthnCredentialResponse:
    """Removes a passkey of the signed-in user: it signs nobody in from now on."""
    pool = Pools(call.unit).get(call.caller.pool_id)
    user = Users(call.unit, pool).lock(call.caller.sub)
    store = Passkeys(call.unit, pool)
    has = store.list(user.sub)
    if ask.credential_id not in [each.credential_id for each in has]:
        raise missing()
    left = [each for each in has if each.credential_id != ask.credential_id]
    _refuse_to_lock_out(call, pool, user, left)
    store.remove(user.sub, ask.credential_id)
    Messages(call, pool).notice(user, "passkey")
    return idp.DeleteWebAuthnCredentialResponse()


# registering ----------------------------------------------------------------------------
def _enroller(call: Call[SignedIn], pool: Pool) -> User:
    """The bearer, if they may add a passkey now."""
    found = Sessions(call.unit).find(pool.id, call.caller.session_id)
    if found is None:
        raise no_user()
    session, user = found.session, found.user
    rules.refuse_by_state(user)
    age, due = call.now - session.auth_time, second_factor_due(pool, user)
    rules.refuse_stale(age, session.amr, second_factor=due)
    return user


def _answers(read: reading.Registration, begun: Challenge) -> bool:
    return judging.right_hash(read.client, begun.hash)


def _add(call: Call[SignedIn], pool: Pool, made: Passkey) -> None:
    user = Users(call.unit, pool).lock(made.sub)
    rules.refuse_by_state(user)
    store = Passkeys(call.unit, pool)
    rules.refuse_too_many(len(store.list(user.sub)))
    if not store.add(made):
        raise idp.WebAuthnCredentialNotSupportedException("The passkey is registered already.")
    Messages(call, pool).notice(user, "passkey")


def _not_begun() -> idp.WebAuthnChallengeNotFoundException:
    return idp.WebAuthnChallengeNotFoundException(
        "The registration was not begun, is too old, or has ended."
    )


# listing and deleting -------------------------------------------------------------------
def _refuse_to_lock_out(call: Call[SignedIn], pool: Pool, user: User, left: list[Passkey]) -> None:
    """Raises InvalidParameterException where no way to sign in would be left (WAN-12)."""
    party = relying_party_of(call.services.settings, pool)
    usable = party is not None and any(each.rp_id == party.id for each in left)
    password = Passwords(call, pool).find(user) is not None
    if not usable and not rules.has_other_way(pool, user, password=password):
        raise idp.InvalidParameterException(
            "The passkey is the user's only way to sign in, and cannot be deleted."
        )


def _place(passkey: Passkey) -> tuple[str, ...]:
    return repr(passkey.created_at), passkey.credential_id


def _shown(passkey: Passkey) -> idp.WebAuthnCredentialDescription:
    return idp.WebAuthnCredentialDescription(
        credential_id=passkey.credential_id,
        friendly_credential_name=passkey.name,
        relying_party_id=passkey.rp_id,
        authenticator_attachment=passkey.attachment,
        authenticator_transports=list(passkey.transports),
        created_at=passkey.created_at,
    )
