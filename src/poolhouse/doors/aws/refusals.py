"""AWS's wording and status for everything that goes wrong, per service. It stands here only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from poolhouse.contract.shape import (
    Invalid,
    Refusal,
    Refused,
    Service,
    ServiceError,
    Text,
    Violation,
)

LONGEST_ECHO = 256


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as a client reads it. `sender` is false where the server is to blame."""

    status: int
    code: str
    message: str
    reason_code: str | None = None

    @property
    def sender(self) -> bool:
        return self.status < 500


_JSON: Mapping[Refusal, tuple[int, str, str]] = {
    Refusal.MISSING_AUTHENTICATION: (
        400,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    ),
    Refusal.INCOMPLETE_SIGNATURE: (
        400,
        "IncompleteSignatureException",
        "The request signature does not conform to AWS standards.",
    ),
    Refusal.UNKNOWN_TOKEN: (
        400,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    ),
    Refusal.EXPIRED_TOKEN: (
        400,
        "ExpiredTokenException",
        "The security token included in the request is expired",
    ),
    Refusal.BAD_SIGNATURE: (
        400,
        "InvalidSignatureException",
        (
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details."
        ),
    ),
    Refusal.ACCESS_DENIED: (400, "AccessDeniedException", "Access denied."),
    Refusal.UNKNOWN_OPERATION: (400, "UnknownOperationException", ""),
    Refusal.MALFORMED: (400, "SerializationException", "The request could not be read."),
    Refusal.INVALID: (400, "InvalidParameterException", "The request is not valid."),
    Refusal.THROTTLED: (400, "TooManyRequestsException", "Too many requests"),
    Refusal.TOO_LARGE: (413, "RequestEntityTooLargeException", "The request is too large."),
    Refusal.UNAVAILABLE: (503, "ServiceUnavailableException", "Try again in a moment."),
}
_QUERY: Mapping[Refusal, tuple[int, str]] = {
    Refusal.MISSING_AUTHENTICATION: (403, "MissingAuthenticationToken"),
    Refusal.INCOMPLETE_SIGNATURE: (400, "IncompleteSignature"),
    Refusal.UNKNOWN_TOKEN: (403, "InvalidClientTokenId"),
    Refusal.EXPIRED_TOKEN: (403, "ExpiredToken"),
    Refusal.BAD_SIGNATURE: (403, "SignatureDoesNotMatch"),
    Refusal.ACCESS_DENIED: (403, "AccessDenied"),
    Refusal.UNKNOWN_OPERATION: (400, "InvalidAction"),
    Refusal.MALFORMED: (400, "MalformedInput"),
    Refusal.INVALID: (400, "ValidationError"),
    Refusal.THROTTLED: (400, "Throttling"),
    Refusal.TOO_LARGE: (413, "RequestEntityTooLarge"),
    Refusal.UNAVAILABLE: (503, "ServiceUnavailable"),
}
_REST_STATUS = {
    Refusal.MISSING_AUTHENTICATION: 403,
    Refusal.INCOMPLETE_SIGNATURE: 403,
    Refusal.UNKNOWN_TOKEN: 403,
    Refusal.EXPIRED_TOKEN: 403,
    Refusal.BAD_SIGNATURE: 403,
    Refusal.ACCESS_DENIED: 403,
    Refusal.UNKNOWN_OPERATION: 404,
    Refusal.THROTTLED: 429,
}
_INVALID_CODES = {
    "cognito-idp": "InvalidParameterException",
    "cognito-identity": "ValidationException",
    "cognito-sync": "InvalidParameterException",
    "sts": "ValidationError",
    "iam": "ValidationError",
    "poolhouse": "InvalidParameterException",
}


def fault_of(error: Exception, service: Service) -> Fault:
    """The fault that stands for any exception an ask may end in. Anything unknown is an
    internal error that tells nothing."""
    if isinstance(error, ServiceError):
        return Fault(error.status, error.code, error.message, error.reason_code)
    if isinstance(error, Invalid):
        return Fault(400, _INVALID_CODES[service.name], worded(error.violations))
    if isinstance(error, Refused):
        return _refused(error, service)
    code = "InternalFailure" if service.protocol == "query" else "InternalErrorException"
    return Fault(500, code, "An internal error occurred. The request id is in the server's log.")


def _refused(error: Refused, service: Service) -> Fault:
    status, code, message = _JSON[error.refusal]
    message = error.message or message
    if error.refusal is Refusal.INVALID:
        return Fault(400, _INVALID_CODES[service.name], message)
    if service.protocol == "query":
        status, code = _QUERY[error.refusal]
    elif service.protocol == "rest-json":
        status = _REST_STATUS.get(error.refusal, status)
    return Fault(status, code, message)


def worded(violations: list[Violation]) -> str:
    """`2 validation errors detected: …; …`, as AWS's model validation says it."""
    count = len(violations)
    head = f"{count} validation error{'s' if count != 1 else ''} detected: "
    return head + "; ".join(_item(violation) for violation in violations)


def _item(violation: Violation) -> str:
    if violation.constraint == "null":
        return (
            f"Value null at '{violation.path}' failed to satisfy constraint: "
            "Member must not be null"
        )
    value = "" if violation.sensitive else f" '{str(violation.value)[:LONGEST_ECHO]}'"
    return (
        f"Value{value} at '{violation.path}' failed to satisfy constraint: {_constraint(violation)}"
    )


def _constraint(violation: Violation) -> str:
    if isinstance(violation.limit, Text):
        return f"{_OF_ELEMENTS[violation.constraint]}: [{', '.join(_all_of(violation.limit))}]"
    return _limit(violation.constraint, violation.limit)


def _all_of(kind: Text) -> Iterator[str]:
    """Every constraint of the texts in a list or map, in AWS's order."""
    if kind.most is not None:
        yield _limit("max length", kind.most)
    if kind.least is not None:
        yield _limit("min length", kind.least)
    if kind.pattern is not None:
        yield _limit("pattern", kind.pattern)
    if kind.choices:
        yield _limit("enum", kind.choices)


def _limit(constraint: str, limit: object) -> str:
    if constraint == "enum" and isinstance(limit, tuple):
        return f"Member must satisfy enum value set: [{', '.join(limit)}]"
    return f"{_PHRASES[constraint]}{limit}"


_OF_ELEMENTS = {
    "member": "Member must satisfy constraint",
    "map key": "Map keys must satisfy constraint",
    "map value": "Map value must satisfy constraint",
}

_PHRASES = {
    "min length": "Member must have length greater than or equal to ",
    "max length": "Member must have length less than or equal to ",
    "pattern": "Member must satisfy regular expression pattern: ",
    "min": "Member must have value greater than or equal to ",
    "max": "Member must have value less than or equal to ",
}
