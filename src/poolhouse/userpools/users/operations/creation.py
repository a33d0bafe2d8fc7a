"""Users made by an administrator, and the passwords they are given."""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.lockout.store import Lockouts
from poolhouse.userpools.messages.rules import check_mediums, invitation_attributes
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.passwords.generating import generated
from poolhouse.userpools.passwords.rules import check, temporary_until
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.triggers.asking import Triggers
from poolhouse.userpools.users.attributes import accepted, missing_required
from poolhouse.userpools.users.changing import set_status
from poolhouse.userpools.users.creating import create, refuse_bare_flags, refuse_taken
from poolhouse.userpools.users.rows import CONFIRMED, FORCE_CHANGE_PASSWORD, User
from poolhouse.userpools.users.rules import as_user_type, without_password
from poolhouse.userpools.users.store import Users
from poolhouse.userpools.users.usernames import check_username

TAKEN = "User account already exists"


@performs(idp.AdminCreateUser)
def admin_create_user(
    call: Call[Signed], ask: idp.AdminCreateUserRequest
) -> idp.AdminCreateUserResponse:
    """Makes a user with a temporary password and invites them, or invites them again."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    messages = Messages(call, pool)
    if ask.message_action == "RESEND":
        user, password = _renewed(call, pool, ask, messages)
    else:
        user, password = _created(call, pool, ask, messages)
    if password is not None and ask.message_action != "SUPPRESS":
        messages.invitation(user, password, ask.desired_delivery_mediums)
    return idp.AdminCreateUserResponse(user=as_user_type(user))


@performs(idp.AdminSetUserPassword)
def admin_set_user_password(
    call: Call[Signed], ask: idp.AdminSetUserPasswordRequest
) -> idp.AdminSetUserPasswordResponse:
    """Sets a password, for good or until the next sign-in. A federated user becomes CONFIRMED
    by it too, and can then sign in either way (API reference).

    Sessions go on, as in Cognito: it also gives a first password to users who sign in by other
    means. To end them is AdminUserGlobalSignOut's; a temporary password already stops refreshes,
    because no tokens are issued in FORCE_CHANGE_PASSWORD.
    """
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    check(pool, ask.password)
    passwords = Passwords(call, pool)
    prepared = passwords.replacing(user, ask.password)
    permanent = bool(ask.permanent)
    user = set_status(call, pool, user, CONFIRMED if permanent else FORCE_CHANGE_PASSWORD)
    expires_at = None if permanent else temporary_until(pool, call.now)
    passwords.put(user, prepared, now=call.now, temporary=not permanent, expires_at=expires_at)
    Lockouts(call.unit, pool).clear(user.sub)
    return idp.AdminSetUserPasswordResponse()


def _created(
    call: Call[Signed], pool: Pool, ask: idp.AdminCreateUserRequest, messages: Messages
) -> tuple[User, str | None]:
    """A new user and the temporary password; None for a user who will sign in by codes."""
    given = ask.user_attributes or []
    attributes = accepted(pool, given, by="admin", client=None, creating=True)
    naming = check_username(pool, ask.username, attributes)
    refuse_bare_flags(naming.attributes)
    if ask.message_action != "SUPPRESS":
        check_mediums(naming.attributes, ask.desired_delivery_mediums)
    refuse_taken(call, pool, naming, taken=TAKEN)
    if ask.temporary_password:
        check(pool, ask.temporary_password)
    validation = {one.name: one.value or "" for one in ask.validation_data or []} or None
    Triggers(call, pool).pre_sign_up(
        "AdminCreateUser", naming.username, None, naming.attributes, validation, ask.client_metadata
    )

    def added(status: str) -> User:
        force = bool(ask.force_alias_creation)
        return create(call, pool, naming, status=status, taken=TAKEN, force=force)

    if not ask.temporary_password and without_password(pool, naming.attributes):
        missing_required(pool, naming.attributes)
        return added(CONFIRMED), None
    password = _temporary(pool, ask)
    if ask.message_action != "SUPPRESS":
        invited = User(
            pool.id, naming.sub, naming.username, FORCE_CHANGE_PASSWORD, True,
            naming.attributes, call.now, call.now,
        )  # fmt: skip
        _ask_for_words(messages, invited, ask)
    passwords = Passwords(call, pool)
    prepared = passwords.prepare(naming.username, password)
    user = added(FORCE_CHANGE_PASSWORD)
    expires_at = temporary_until(pool, call.now)
    passwords.put(user, prepared, now=call.now, temporary=True, expires_at=expires_at)
    return user, password


def _renewed(
    call: Call[Signed], pool: Pool, ask: idp.AdminCreateUserRequest, messages: Messages
) -> tuple[User, str | None]:
    """RESEND: a user who never signed in gets a new temporary password, good from now on."""
    users = Users(call.unit, pool)
    user = users.get(ask.username)
    _refuse_to_resend(user)
    _ask_for_words(messages, user, ask)
    password = _temporary(pool, ask)
    passwords = Passwords(call, pool)
    prepared = passwords.prepare(user.username, password)
    user = users.lock(user.sub)
    _refuse_to_resend(user)
    user = set_status(call, pool, user, FORCE_CHANGE_PASSWORD)
    expires_at = temporary_until(pool, call.now)
    passwords.put(user, prepared, now=call.now, temporary=True, expires_at=expires_at)
    return user, password


def _ask_for_words(messages: Messages, user: User, ask: idp.AdminCreateUserRequest) -> None:
    if to := invitation_attributes(user, ask.desired_delivery_mediums):
        messages.ask("invitation", user, None, ask.client_metadata, to=to)


def _refuse_to_resend(user: User) -> None:
    if user.status != FORCE_CHANGE_PASSWORD:
        raise idp.UnsupportedUserStateException(
            f"Resend not possible. {user.username} status is not {FORCE_CHANGE_PASSWORD}"
        )


def _temporary(pool: Pool, ask: idp.AdminCreateUserRequest) -> str:
    """The password given, which must please the policy, or one made up."""
    if not ask.temporary_password:
        return generated(pool)
    check(pool, ask.temporary_password)
    return ask.temporary_password
