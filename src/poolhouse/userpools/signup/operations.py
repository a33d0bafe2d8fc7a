"""The verbs on sign-up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone, Signed
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.clients.proving import prove_secret_hash
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.codes.redeeming import Redemption
from poolhouse.userpools.codes.rules import SIGN_UP
from poolhouse.userpools.codes.store import Codes, mismatch
from poolhouse.userpools.messages.nobody import apparent, likely
from poolhouse.userpools.messages.rules import PHONE_FIRST, sign_up_attribute
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.passwords import rules as passwords
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.risk.rules import CONFIRM_SIGN_UP, RESEND
from poolhouse.userpools.risk.store import Quotas
from poolhouse.userpools.signin import signing_up
from poolhouse.userpools.signup import rules
from poolhouse.userpools.triggers.asking import Triggers
from poolhouse.userpools.users.attributes import accepted, missing_required
from poolhouse.userpools.users.changing import confirm, mark_verified
from poolhouse.userpools.users.claiming import Claims
from poolhouse.userpools.users.creating import create, refuse_taken
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users, missing
from poolhouse.userpools.users.usernames import check_username


@performs(idp.SignUp)
def sign_up(call: Call[Anyone], ask: idp.SignUpRequest) -> idp.SignUpResponse:
    """Registers a user, who has to confirm an address."""
    client, pool = _proved(call, ask.client_id, ask.username, ask.secret_hash)
    rules.refuse_closed(pool)
    given = ask.user_attributes or []
    attributes = accepted(pool, given, by="user", client=client, creating=True)
    naming = check_username(pool, ask.username, attributes)
    refuse_taken(call, pool, naming)
    missing_required(pool, naming.attributes)
    password, prepared = rules.password_of(pool, ask.password), None
    if password is not None:
        passwords.check(pool, password)
    triggers, metadata = Triggers(call, pool), ask.client_metadata
    say = triggers.pre_sign_up(
        "SignUp", naming.username, client, naming.attributes,
        {one.name: one.value or "" for one in ask.validation_data or []} or None, metadata,
    )  # fmt: skip
    naming = rules.as_said(naming, say)
    expected = rules.expected(pool, naming, call.now, confirmed=say.confirm)
    attribute = rules.to_be_proved(pool, expected)
    messages = Messages(call, pool)
    if attribute is not None:
        messages.ask("sign up", expected, client, metadata, to=[attribute])
    if password is not None:
        prepared = Passwords(call, pool).prepare(naming.username, password)
    force = say.verify_email or say.verify_phone
    user = create(call, pool, naming, status=expected.status, force=force)
    if prepared is not None:
        Passwords(call, pool).put(user, prepared, now=call.now)
    sent = messages.code("sign up", user, attribute) if attribute else None
    if say.confirm:
        call.unit.afterwards(partial(_confirmed, call, pool, user, client, metadata))
    return idp.SignUpResponse(
        user_confirmed=say.confirm,
        user_sub=user.sub,
        code_delivery_details=sent,
        session=signing_up.signed_up(call, pool, client, user),
    )


@performs(idp.ConfirmSignUp)
def confirm_sign_up(call: Call[Anyone], ask: idp.ConfirmSignUpRequest) -> idp.ConfirmSignUpResponse:
    """Confirms a user with the code that was sent, which verifies the address it went to."""
    client, pool = _proved(call, ask.client_id, ask.username, ask.secret_hash)
    user = _user(call, pool, client, ask.username)
    who = apparent(call, pool, ask.username, user)
    Quotas(call.unit, pool).spend(CONFIRM_SIGN_UP, who.sub, call.now)
    if user is not None and not client.hides_users:
        rules.refuse_unconfirmable(user)
    redemption = Redemption(call, pool, SIGN_UP, hides=client.hides_users)
    code = redemption.judge(who, ask.confirmation_code)
    if user is None or not rules.confirmable(user):
        raise mismatch()
    force = bool(ask.force_alias_creation)
    Claims(call, pool).lock_losers(rules.once_verified(user, code), force=force)
    held = redemption.hold(code)
    mark_verified(call, pool, held, code.attribute, code.value, force=force)
    confirmed = confirm(call, pool, held)
    redemption.spend(code)
    session = signing_up.confirmed(call, pool, client, held, ask.session, code.attribute)
    told = partial(_confirmed, call, pool, confirmed, client, ask.client_metadata)
    call.unit.afterwards(told)
    return idp.ConfirmSignUpResponse(session=session)


@performs(idp.ResendConfirmationCode)
def resend_confirmation_code(
    call: Call[Anyone], ask: idp.ResendConfirmationCodeRequest
) -> idp.ResendConfirmationCodeResponse:
    """Sends a new code, which replaces the one before."""
    client, pool = _proved(call, ask.client_id, ask.username, ask.secret_hash)
    possible = [attribute for attribute in PHONE_FIRST if attribute in pool.auto_verified]
    if not possible:
        raise rules.cannot_resend()
    user = _user(call, pool, client, ask.username)
    who = apparent(call, pool, ask.username, user)
    Quotas(call.unit, pool).spend(RESEND, who.sub, call.now)
    messages = Messages(call, pool)
    attribute = sign_up_attribute(pool, user) if user else None
    if user is None or (client.hides_users and not (attribute and rules.confirmable(user))):
        seeming = attribute or likely(call, pool, ask.username, possible)
        sent = messages.pretend("resend", who, seeming)
        return idp.ResendConfirmationCodeResponse(code_delivery_details=sent)
    rules.refuse_unresendable(user)
    if attribute is None:
        raise rules.cannot_resend()
    messages.ask("resend", user, client, ask.client_metadata, to=[attribute])
    locked = Users(call.unit, pool).lock(user.sub)
    rules.refuse_unresendable(locked)
    attribute = sign_up_attribute(pool, locked)
    if attribute is None:
        raise rules.cannot_resend()
    sent = messages.code("resend", locked, attribute)
    return idp.ResendConfirmationCodeResponse(code_delivery_details=sent)


@performs(idp.AdminConfirmSignUp)
def admin_confirm_sign_up(
    call: Call[Signed], ask: idp.AdminConfirmSignUpRequest
) -> idp.AdminConfirmSignUpResponse:
    """Confirms a user without a code; no address is verified by it."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    confirmed = confirm(call, pool, user)
    Codes(call, pool).drop(confirmed.sub, SIGN_UP)
    call.unit.afterwards(partial(_confirmed, call, pool, confirmed, None, ask.client_metadata))
    return idp.AdminConfirmSignUpResponse()


def _confirmed(
    call: Call[Any],
    pool: Pool,
    user: User,
    client: Client | None,
    metadata: Mapping[str, str] | None,
) -> None:
    """The user stays confirmed, whatever the function says."""
    Triggers(call, pool).post_confirmation("ConfirmSignUp", user, client, metadata)


def _proved(
    call: Call[Anyone], client_id: str, username: str, secret_hash: str | None
) -> tuple[Client, Pool]:
    client, pool = Clients(call.unit, call.services.sealer).get(client_id)
    if client.hides_users:
        call.unit.conceal()
    prove_secret_hash(call, client, username, secret_hash)
    return client, pool


def _user(call: Call[Anyone], pool: Pool, client: Client, username: str) -> User | None:
    """None stands for nobody, where the client hides that; else UserNotFoundException."""
    user = Users(call.unit, pool).find(username)
    if user is None and not client.hides_users:
        raise missing()
    return user
