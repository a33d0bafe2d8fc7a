"""The verbs on verification."""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.codes.redeeming import Redemption
from poolhouse.userpools.codes.rules import verify
from poolhouse.userpools.codes.store import Codes
from poolhouse.userpools.messages.rules import deliverable
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.risk.rules import GET_ATTRIBUTE_CODE, VERIFY_ATTRIBUTE
from poolhouse.userpools.risk.store import Quotas
from poolhouse.userpools.users.changing import mark_verified
from poolhouse.userpools.users.store import Users


@performs(idp.GetUserAttributeVerificationCode)
def get_user_attribute_verification_code(
    call: Call[SignedIn], ask: idp.GetUserAttributeVerificationCodeRequest
) -> idp.GetUserAttributeVerificationCodeResponse:
    """Sends a code to the user's e-mail address or phone number: to the new one, where one
    waits to be proved."""
    pool, attribute = Pools(call.unit).get(call.caller.pool_id), _named(ask.attribute_name)
    Quotas(call.unit, pool).spend(GET_ATTRIBUTE_CODE, call.caller.sub, call.now)
    client = Clients(call.unit, call.services.sealer).get(call.caller.client_id)[0]
    user = Users(call.unit, pool).get(call.caller.sub)
    messages = Messages(call, pool)
    messages.ask("verify attribute", user, client, ask.client_metadata, to=[attribute])
    user = Users(call.unit, pool).lock(call.caller.sub)
    value = Codes(call, pool).pending_value(user, verify(attribute))
    if value is None and not user.attributes.get(attribute):
        raise idp.InvalidParameterException(f"The user has no {attribute} to verify.")
    sent = messages.code("verify attribute", user, attribute, value)
    return idp.GetUserAttributeVerificationCodeResponse(code_delivery_details=sent)


@performs(idp.VerifyUserAttribute)
def verify_user_attribute(
    call: Call[SignedIn], ask: idp.VerifyUserAttributeRequest
) -> idp.VerifyUserAttributeResponse:
    """Proves an e-mail address or phone number with the code that was sent to it."""
    pool, attribute = Pools(call.unit).get(call.caller.pool_id), _named(ask.attribute_name)
    Quotas(call.unit, pool).spend(VERIFY_ATTRIBUTE, call.caller.sub, call.now)
    user = Users(call.unit, pool).get(call.caller.sub)
    redemption = Redemption(call, pool, verify(attribute))
    code = redemption.judge(user, ask.code)
    held = redemption.hold(code)
    proved = mark_verified(call, pool, held, attribute, code.value)
    redemption.spend(code)
    Messages(call, pool).notices(held, proved)
    return idp.VerifyUserAttributeResponse()


def _named(attribute: str) -> str:
    if not deliverable(attribute):
        raise idp.InvalidParameterException(
            "Invalid attribute name. Only phone_number and email can be verified."
        )
    return attribute
