"""The verbs on recovery."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone, Signed, SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.clients.proving import prove_secret_hash
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.codes.redeeming import Redemption
from poolhouse.userpools.codes.rules import RESET
from poolhouse.userpools.codes.store import mismatch
from poolhouse.userpools.lockout.store import Lockouts
from poolhouse.userpools.messages.nobody import apparent, likely
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.messages.welcoming import welcoming
from poolhouse.userpools.mfa.rules import media
from poolhouse.userpools.passwords import rules as passwords
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.recovery import rules
from poolhouse.userpools.recovery.proving import prove_previous
from poolhouse.userpools.risk.rules import (
    CHANGE_PASSWORD,
    CONFIRM_FORGOT_PASSWORD,
    FORGOT_PASSWORD,
)
from poolhouse.userpools.risk.store import Quotas
from poolhouse.userpools.tokens.rules import gate
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.triggers.asking import Triggers
from poolhouse.userpools.triggers.migrating import migrate, migrates
from poolhouse.userpools.users.changing import set_status
from poolhouse.userpools.users.rows import CONFIRMED, RESET_REQUIRED, User
from poolhouse.userpools.users.store import Users


@performs(idp.ForgotPassword)
def forgot_password(
    call: Call[Anyone], ask: idp.ForgotPasswordRequest
) -> idp.ForgotPasswordResponse:
    """Sends a reset code to a verified address; the old password goes on working."""
    client, pool = _proved(call, ask.client_id, ask.username, ask.secret_hash)
    rules.refuse_admin_only(pool)
    user, arrive = Users(call.unit, pool).find(ask.username), _nothing
    if user is None and not client.hides_users and not migrates(pool):
        raise rules.unknown()
    who = apparent(call, pool, ask.username, user)
    Quotas(call.unit, pool).spend(FORGOT_PASSWORD, who.sub, call.now)
    if user is None:
        user, arrive = _migrated(call, pool, client, ask)
        who = apparent(call, pool, ask.username, user)
    if user is not None and not client.hides_users:
        rules.refuse_unresettable(user)
    messages = Messages(call, pool)
    attribute = _destination(pool, user) if user and rules.resettable(user) else None
    if user is not None and attribute is not None:
        messages.ask("forgot password", user, client, ask.client_metadata, to=[attribute])
        arrive()
        sent = messages.code("forgot password", user, attribute)
    elif client.hides_users:
        seeming = likely(call, pool, ask.username, rules.possible(pool))
        sent = messages.pretend("forgot password", who, seeming)
    else:
        raise rules.no_destination()
    return idp.ForgotPasswordResponse(code_delivery_details=sent)


@performs(idp.ConfirmForgotPassword)
def confirm_forgot_password(
    call: Call[Anyone], ask: idp.ConfirmForgotPasswordRequest
) -> idp.ConfirmForgotPasswordResponse:
    """Sets a new password with the reset code, and ends every session of the user."""
    client, pool = _proved(call, ask.client_id, ask.username, ask.secret_hash)
    user = _user(call, pool, client, ask.username)
    who = apparent(call, pool, ask.username, user)
    Quotas(call.unit, pool).spend(CONFIRM_FORGOT_PASSWORD, who.sub, call.now)
    if user is not None and not client.hides_users:
        rules.refuse_unresettable(user)
    passwords.check(pool, ask.password)
    redemption = Redemption(call, pool, RESET, hides=client.hides_users)
    code = redemption.judge(who, ask.confirmation_code)
    if user is None or not rules.resettable(user):
        raise mismatch()
    prepared = Passwords(call, pool).replacing(user, ask.password)
    held = redemption.hold(code)
    rules.refuse_unresettable(held)
    redemption.spend(code)
    Passwords(call, pool).put(held, prepared, now=call.now)
    Lockouts(call.unit, pool).clear(held.sub)
    confirmed = set_status(call, pool, held, CONFIRMED)
    Sessions(call.unit).revoke_all(pool, held.sub, call.now)
    Messages(call, pool).notice(held, "password")
    told, source = Triggers(call, pool).post_confirmation, "ConfirmForgotPassword"
    call.unit.afterwards(partial(told, source, confirmed, client, ask.client_metadata))
    return idp.ConfirmForgotPasswordResponse()


@performs(idp.AdminResetUserPassword)
def admin_reset_user_password(
    call: Call[Signed], ask: idp.AdminResetUserPasswordRequest
) -> idp.AdminResetUserPasswordResponse:
    """Makes the password useless until the user sets a new one with the code that is sent."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    rules.refuse_unresettable(user, disabled="User is disabled")
    attribute = _destination(pool, user)
    if attribute is None:
        raise rules.no_destination()
    messages = Messages(call, pool)
    messages.ask("forgot password", user, None, ask.client_metadata, to=[attribute])
    user = Users(call.unit, pool).lock(user.sub)
    rules.refuse_unresettable(user, disabled="User is disabled")
    attribute = _destination(pool, user)
    if attribute is None:
        raise rules.no_destination()
    reset = set_status(call, pool, user, RESET_REQUIRED)
    Sessions(call.unit).revoke_all(pool, user.sub, call.now)
    messages.code("forgot password", reset, attribute)
    return idp.AdminResetUserPasswordResponse()


@performs(idp.ChangePassword)
def change_password(
    call: Call[SignedIn], ask: idp.ChangePasswordRequest
) -> idp.ChangePasswordResponse:
    """Replaces the password of the signed-in user, who knows the old one. Tokens stay good."""
    pool = Pools(call.unit).get(call.caller.pool_id)
    Quotas(call.unit, pool).spend(CHANGE_PASSWORD, call.caller.sub, call.now)
    user = gate(Users(call.unit, pool).by_sub(call.caller.sub))
    unchanged = prove_previous(call, pool, user, ask.previous_password)
    passwords.check(pool, ask.proposed_password)
    prepared = Passwords(call, pool).replacing(user, ask.proposed_password)
    locked = gate(Users(call.unit, pool).lock(user.sub))
    unchanged()
    Passwords(call, pool).put(locked, prepared, now=call.now)
    Messages(call, pool).notice(locked, "password")
    return idp.ChangePasswordResponse()


def _destination(pool: Pool, user: User) -> str | None:
    return rules.destination(pool, user, media(pool, user))


def _proved(
    call: Call[Anyone], client_id: str, username: str, secret_hash: str | None
) -> tuple[Client, Pool]:
    client, pool = Clients(call.unit, call.services.sealer).get(client_id)
    if client.hides_users:
        call.unit.conceal()
    prove_secret_hash(call, client, username, secret_hash)
    return client, pool


def _migrated(
    call: Call[Anyone], pool: Pool, client: Client, ask: idp.ForgotPasswordRequest
) -> tuple[User | None, Callable[[], None]]:
    """One whom the pool's function knows, and who comes into being with the unit."""
    found = migrate(
        call, pool, client, ask.username, None,
        source="ForgotPassword", metadata=ask.client_metadata,
    )  # fmt: skip
    if found is not None:
        return found.user, welcoming(call, pool, client, found, ask.client_metadata)
    if not client.hides_users:
        raise rules.unknown()
    return None, _nothing


def _nothing() -> None:
    return


def _user(call: Call[Anyone], pool: Pool, client: Client, username: str) -> User | None:
    """None stands for nobody, where the client hides that; else UserNotFoundException."""
    user = Users(call.unit, pool).find(username)
    if user is None and not client.hides_users:
        raise rules.unknown()
    return user
