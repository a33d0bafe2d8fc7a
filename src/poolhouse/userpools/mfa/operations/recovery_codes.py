"""The verbs on recovery codes, an extension of Poolhouse: users make their own, administrators
make or remove a user's."""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract import poolhouse as extension
from poolhouse.contract.callers import Signed, SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.mfa.recovery_codes import RecoveryCodes
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.rules import RECENT
from poolhouse.userpools.users.store import Users, missing


@performs(extension.CreateRecoveryCodes)
def create_recovery_codes(
    call: Call[SignedIn], ask: extension.OwnRecoveryCodesRequest
) -> extension.RecoveryCodesResponse:
    """Makes ten recovery codes for the signed-in user, and ends those made before."""
    if call.now - call.caller.auth_time > RECENT:
        raise idp.NotAuthorizedException("Sign in again to make recovery codes.")
    pool = Pools(call.unit).get(call.caller.pool_id)
    user = Users(call.unit, pool).lock(call.caller.sub)
    codes = RecoveryCodes(call, pool).renew(user)
    Messages(call, pool).notice(user, "second factor")
    return extension.RecoveryCodesResponse(recovery_codes=codes)


@performs(extension.DescribeRecoveryCodes)
def describe_recovery_codes(
    call: Call[SignedIn], ask: extension.OwnRecoveryCodesRequest
) -> extension.RecoveryCodesLeftResponse:
    """How many recovery codes the signed-in user has left; the codes are shown once only."""
    pool = Pools(call.unit).get(call.caller.pool_id)
    user = Users(call.unit, pool).by_sub(call.caller.sub)
    if user is None:
        raise missing()
    number, since = RecoveryCodes(call, pool).left(user)
    return extension.RecoveryCodesLeftResponse(remaining=number, created_at=since)


@performs(extension.AdminCreateRecoveryCodes)
def admin_create_recovery_codes(
    call: Call[Signed], ask: extension.RecoveryCodesOfRequest
) -> extension.RecoveryCodesResponse:
    """Makes ten recovery codes for a user who has lost their factors, and ends those before."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    users = Users(call.unit, pool)
    user = users.lock(users.get(ask.username).sub)
    codes = RecoveryCodes(call, pool).renew(user)
    Messages(call, pool).notice(user, "second factor")
    return extension.RecoveryCodesResponse(recovery_codes=codes)


@performs(extension.AdminDeleteRecoveryCodes)
def admin_delete_recovery_codes(
    call: Call[Signed], ask: extension.RecoveryCodesOfRequest
) -> extension.Nothing:
    """Removes a user's recovery codes."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    users = Users(call.unit, pool)
    RecoveryCodes(call, pool).remove(users.lock(users.get(ask.username).sub))
    return extension.Nothing()
