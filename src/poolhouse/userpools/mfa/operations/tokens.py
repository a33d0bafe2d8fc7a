"""The verbs on software tokens: by whoever is signed in, and by whoever has to set up a second
factor before they are (MFA_SETUP), and bears a session instead of an access token."""

from __future__ import annotations

from msgspec.structs import replace

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone, Signed
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.devices.store import Devices
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.mfa import setting_up
from poolhouse.userpools.mfa.guessing import Guess
from poolhouse.userpools.mfa.preferences import without_token
from poolhouse.userpools.mfa.rules import TOKEN, refuse_unoffered
from poolhouse.userpools.mfa.store import SoftwareTokens
from poolhouse.userpools.mfa.totp import SEED_OCTETS, secret_code, step_of
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.signin import passage
from poolhouse.userpools.signin.next_step import refuse_by_state
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.tokens.proving import prove_token
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.rules import RECENT, bad_session
from poolhouse.userpools.users.store import Users, missing


@performs(idp.AssociateSoftwareToken)
def associate_software_token(
    call: Call[Anyone], ask: idp.AssociateSoftwareTokenRequest
) -> idp.AssociateSoftwareTokenResponse:
    """Hands out a secret for an authenticator; it counts for nothing until a code verifies it."""
    seed = ids.octets(SEED_OCTETS)
    if ask.access_token:
        pool, user = _bearer(call, ask.access_token)
        SoftwareTokens(call, pool).associate(user, seed)
        return idp.AssociateSoftwareTokenResponse(secret_code=secret_code(seed))
    state, pool, client, _ = _setting_up(call, ask.session)
    session = _next(call, pool, client, state, setting_up.associated(state.data, seed))
    return idp.AssociateSoftwareTokenResponse(secret_code=secret_code(seed), session=session)


@performs(idp.VerifySoftwareToken)
def verify_software_token(
    call: Call[Anyone], ask: idp.VerifySoftwareTokenRequest
) -> idp.VerifySoftwareTokenResponse:
    """Registers the secret that was handed out last, by a code made of it."""
    name = ask.friendly_device_name or ""
    if len(name) > setting_up.LONGEST_NAME:
        raise idp.InvalidParameterException("The FriendlyDeviceName is too long.")
    if ask.access_token:
        pool, user = _bearer(call, ask.access_token)
        _verify(call, pool, user, ask.user_code, name)
        return idp.VerifySoftwareTokenResponse(status="SUCCESS")
    state, pool, client, user = _setting_up(call, ask.session)
    step = _step(call, pool, user, state.data.get("seed"), ask.user_code)
    session = _next(call, pool, client, state, setting_up.verified(state.data))
    setting_up.register(call, pool, user.sub, state.data["seed"], name, step)
    Devices(call, pool).distrust(user.sub)
    return idp.VerifySoftwareTokenResponse(status="SUCCESS", session=session)


@performs(idp.AdminDeleteSoftwareToken)
def admin_delete_software_token(
    call: Call[Signed], ask: idp.AdminDeleteSoftwareTokenRequest
) -> idp.AdminDeleteSoftwareTokenResponse:
    """Removes a user's software token, and what they prefer of it."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    users = Users(call.unit, pool)
    user = users.lock(users.get(ask.username).sub)
    if not SoftwareTokens(call, pool).remove(user):
        raise idp.ResourceNotFoundException("The user has no software token.")
    users.set_factors(user, without_token(user.factors), call.now)
    Messages(call, pool).notice(user, "second factor")
    return idp.AdminDeleteSoftwareTokenResponse()


# with an access token ------------------------------------------------------------------
def _bearer(call: Call[Anyone], access_token: str) -> tuple[Pool, User]:
    """Who bears the token, if they may set up a software token.

    A token in use is replaced only by somebody who has lately signed in, or with a second factor:
    else a password that once was enough would be enough for ever (AUT-10).
    """
    bearer = prove_token(call.services, call.unit, access_token)
    pool = Pools(call.unit).get(bearer.pool_id)
    refuse_unoffered(pool)
    found = Sessions(call.unit).find(pool.id, bearer.session_id)
    if found is None:
        raise missing()
    session, user = found.session, found.user
    lately = call.now - session.auth_time <= RECENT
    if TOKEN in user.factors.enabled and not lately and "mfa" not in session.amr:
        raise idp.NotAuthorizedException("Sign in again to replace the software token.")
    return pool, user


def _verify(call: Call[Anyone], pool: Pool, user: User, code: str, name: str) -> None:
    tokens = SoftwareTokens(call, pool)
    token = tokens.find(user)
    pending = token.pending if token else None
    seed = None if pending is None else tokens.opened(user, pending)
    step = _step(call, pool, user, seed, code)
    held = Users(call.unit, pool).lock(user.sub)
    if pending is None or not tokens.verify(held, pending, name, step):
        raise _mismatch()
    Users(call.unit, pool).set_factors(held, replace(held.factors, software_token=True), call.now)
    Messages(call, pool).notice(held, "second factor")


# with a session ------------------------------------------------------------------------
def _setting_up(call: Call[Anyone], session: str | None) -> tuple[Passage, Pool, Client, User]:
    """A sign-in that waits at MFA_SETUP, and whose it is. Whoever has a second factor by now
    answers that one instead (AUT-10)."""
    if not session:
        raise idp.InvalidParameterException("Either AccessToken or Session is needed.")
    state = passage.waiting(call.services.sealer, session, setting_up.STEP, call.now)
    client, pool = Clients(call.unit, call.services.sealer).get(state.client_id)
    user = Users(call.unit, pool).by_sub(state.sub)
    if user is None or pool.id != state.pool_id or setting_up.has_factor(pool, user):
        raise bad_session()
    refuse_by_state(user)
    refuse_unoffered(pool)
    return state, pool, client, user


def _next(
    call: Call[Anyone], pool: Pool, client: Client, state: Passage, data: dict[str, bytes]
) -> str:
    """Spends the session for another one, at the same step."""
    passage.take(call.unit, state)
    made = passage.new(
        pool,
        client,
        sub=state.sub,
        name=state.name,
        step=state.step,
        now=call.now,
        progress=state.progress,
        data=data,
    )
    return passage.sealed(call.services.sealer, made)


# both ----------------------------------------------------------------------------------
def _step(call: Call[Anyone], pool: Pool, user: User, seed: bytes | None, code: str) -> int:
    """The step of a right code. Guesses are counted apart from those at sign-in, so that setting
    up a new token forgives no wrong code of the old.

    Raises EnableSoftwareTokenMFAException, NotAuthorizedException, TooManyRequestsException.
    """
    if seed is None:  # nothing was handed out, or it has been verified: there is nothing to guess
        raise _mismatch()
    guess = Guess(call, pool, f"totp-setup:{user.sub}")
    step = step_of(seed, code, call.now)
    if step is None:
        guess.wrong()
        raise _mismatch()
    guess.right()
    return step


def _mismatch() -> idp.EnableSoftwareTokenMFAException:
    return idp.EnableSoftwareTokenMFAException("Code mismatch")
