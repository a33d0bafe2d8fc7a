"""poolhouse: what Poolhouse answers beyond AWS, as a service of its own, so that nothing on the
compatible surface changes. Written by hand, in the words of the generated modules."""

from __future__ import annotations

from poolhouse.contract.callers import Signed, SignedIn
from poolhouse.contract.cognito_idp import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
    TooManyRequestsException,
    UserNotFoundException,
)
from poolhouse.contract.shape import (
    ListOf,
    Member,
    Moment,
    Operation,
    Service,
    Shape,
    Structure,
    Text,
    Timestamp,
    Whole,
)

SERVICE = Service(
    name="poolhouse",
    protocol="json",
    version="2026-11-23",
    target_prefix="PoolhouseService",
    published=False,
)

_TOKEN = Text(pattern="[A-Za-z0-9-_=.]+", sensitive=True)
_POOL_ID = Text(least=1, most=55, pattern=r"[\w-]+_[0-9a-zA-Z]+")
_USERNAME = Text(least=1, most=128, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", sensitive=True)
_CODES = ListOf(Text(sensitive=True))


class OwnRecoveryCodesRequest(Shape, rename={"access_token": "AccessToken"}):
    access_token: str


OwnRecoveryCodesRequest.kind = Structure(
    "OwnRecoveryCodesRequest",
    (Member("access_token", "AccessToken", _TOKEN, required=True),),
    make=OwnRecoveryCodesRequest,
)


class RecoveryCodesOfRequest(Shape, rename={"user_pool_id": "UserPoolId", "username": "Username"}):
    user_pool_id: str
    username: str


RecoveryCodesOfRequest.kind = Structure(
    "RecoveryCodesOfRequest",
    (
        Member("user_pool_id", "UserPoolId", _POOL_ID, required=True),
        Member("username", "Username", _USERNAME, required=True),
    ),
    make=RecoveryCodesOfRequest,
)


class RecoveryCodesResponse(Shape, rename={"recovery_codes": "RecoveryCodes"}):
    recovery_codes: list[str]


RecoveryCodesResponse.kind = Structure(
    "RecoveryCodesResponse",
    (Member("recovery_codes", "RecoveryCodes", _CODES, required=True),),
    make=RecoveryCodesResponse,
)


class RecoveryCodesLeftResponse(
    Shape, rename={"remaining": "Remaining", "created_at": "CreatedAt"}
):
    remaining: int
    created_at: Timestamp | None = None


RecoveryCodesLeftResponse.kind = Structure(
    "RecoveryCodesLeftResponse",
    (
        Member("remaining", "Remaining", Whole(), required=True),
        Member("created_at", "CreatedAt", Moment()),
    ),
    make=RecoveryCodesLeftResponse,
)


class Nothing(Shape):
    pass


Nothing.kind = Structure("Nothing", (), make=Nothing)

_ERRORS = (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
    TooManyRequestsException,
    UserNotFoundException,
)

CreateRecoveryCodes: Operation[SignedIn, OwnRecoveryCodesRequest, RecoveryCodesResponse] = (
    Operation(
        SERVICE,
        "CreateRecoveryCodes",
        SignedIn,
        OwnRecoveryCodesRequest,
        RecoveryCodesResponse,
        errors=_ERRORS,
    )
)
DescribeRecoveryCodes: Operation[SignedIn, OwnRecoveryCodesRequest, RecoveryCodesLeftResponse] = (
    Operation(
        SERVICE,
        "DescribeRecoveryCodes",
        SignedIn,
        OwnRecoveryCodesRequest,
        RecoveryCodesLeftResponse,
        errors=_ERRORS,
    )
)
AdminCreateRecoveryCodes: Operation[Signed, RecoveryCodesOfRequest, RecoveryCodesResponse] = (
    Operation(
        SERVICE,
        "AdminCreateRecoveryCodes",
        Signed,
        RecoveryCodesOfRequest,
        RecoveryCodesResponse,
        errors=_ERRORS,
    )
)
AdminDeleteRecoveryCodes: Operation[Signed, RecoveryCodesOfRequest, Nothing] = Operation(
    SERVICE,
    "AdminDeleteRecoveryCodes",
    Signed,
    RecoveryCodesOfRequest,
    Nothing,
    errors=_ERRORS,
)

OPERATIONS = (
    AdminCreateRecoveryCodes,
    AdminDeleteRecoveryCodes,
    CreateRecoveryCodes,
    DescribeRecoveryCodes,
)
