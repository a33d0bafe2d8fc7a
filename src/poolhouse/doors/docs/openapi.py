"""The OpenAPI 3.1 document: every operation that the house performs, at its JSON path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any, Protocol

from poolhouse.contract.callers import Anyone, Signed, SignedIn
from poolhouse.contract.shape import Invalid, Refusal, Refused, Service
from poolhouse.doors.docs.commands import command_of
from poolhouse.doors.docs.schemas import Schema, Schemas
from poolhouse.kernel.catalogue import AnyOperation, AnyPerformance, Catalogue
from poolhouse.settings import Settings

JSON = "application/json"
INTRODUCTION = """\
The operations of Amazon Cognito as this server performs them. Every operation takes a JSON object \
by POST and answers one; AWS SDKs reach the same operations in their own protocols at `POST /`.

- A member that is `null` counts as absent; members not described here are ignored.
- Lengths count characters. Patterns are those of the service model, meant for the whole value; \
`\\p{…}` needs the `u` flag of ECMA-262, and `\\w`, `\\d`, `\\s` are ASCII here.
- Blobs are base64, times are seconds since the epoch.
- An error is an object with `__type` (the error's name) and `message`; the request id is in the \
header `x-amzn-requestid`.
"""
SIGNATURE = """\
AWS Signature Version 4 over the request, with the signing name of the service (its tag here), any \
region, and an access key of this server: `curl --aws-sigv4 "aws:amz:{region}:cognito-idp" --user \
"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"`, or any AWS SDK or command line."""
TOKEN = """\
Unsigned: the member `AccessToken` carries a live access token of a user, with the scope \
`aws.cognito.signin.user.admin`."""
CALLERS = {
    Signed: ("signed", "Signed with an access key (Signature Version 4)."),
    SignedIn: ("access-token", TOKEN),
    Anyone: ("open", "Unsigned: the operation itself checks what it is given."),
}
ALWAYS = (Refusal.MALFORMED, Refusal.THROTTLED, Refusal.TOO_LARGE, Refusal.UNAVAILABLE)
WHEN_SIGNED = (
    Refusal.MISSING_AUTHENTICATION,
    Refusal.INCOMPLETE_SIGNATURE,
    Refusal.UNKNOWN_TOKEN,
    Refusal.EXPIRED_TOKEN,
    Refusal.BAD_SIGNATURE,
)


class Worded(Protocol):
    """An error as the AWS door tells it."""

    @property
    def status(self) -> int: ...

    @property
    def code(self) -> str: ...


Wording = Callable[[Exception, Service], Worded]


def document(catalogue: Catalogue, settings: Settings, wording: Wording) -> dict[str, Any]:
    """`wording` finds status and name of an error that the service model does not declare."""
    schemas = Schemas()
    paths = {
        f"/{done.operation.service.name}/{done.operation.name}": {
            "post": _described(done, schemas, wording)
        }
        for done in catalogue.performed()
    }
    schemas.found["Error"] = _error()
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Poolhouse",
            "version": version("poolhouse"),
            "summary": "A self-hosted identity provider that speaks Amazon Cognito.",
            "description": INTRODUCTION,
        },
        "servers": [{"url": settings.issuer_base}],
        "tags": _tags(catalogue),
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.found.items())),
            "securitySchemes": {"sigv4": _sigv4(settings.region)},
        },
        "x-region": settings.region,
    }


def _described(done: AnyPerformance, schemas: Schemas, wording: Wording) -> dict[str, Any]:
    operation = done.operation
    service = operation.service.name
    caller, proof = CALLERS[operation.caller]
    cli = command_of(service, operation.name)
    command = {"x-aws-cli": cli} if operation.service.published else {}
    return {
        "operationId": f"{service}.{operation.name}",
        "tags": [service],
        "summary": done.summary,
        "description": proof,
        "security": [{"sigv4": []}] if operation.caller is Signed else [],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": schemas.structure(service, operation.ask.kind)}},
        },
        "responses": {
            "200": _answered(operation, schemas),
            **_refused(_names(done, wording)),
        },
        "x-caller": caller,
        "x-iam-action": operation.action,
    } | command


def _answered(operation: AnyOperation, schemas: Schemas) -> dict[str, Any]:
    if operation.answer is None:
        return {"description": "Done; the body is empty."}
    schema = schemas.structure(operation.service.name, operation.answer.kind)
    return {"description": "Done.", "content": {JSON: {"schema": schema}}}


def _names(done: AnyPerformance, wording: Wording) -> Iterable[tuple[int, str, bool]]:
    """Status and name of each error, and whether the service model declares it."""
    operation = done.operation
    service = operation.service
    for modelled in operation.errors:
        yield modelled.status, modelled.code, True
    refusals = [*(WHEN_SIGNED if operation.caller is Signed else ()), *ALWAYS]
    if operation.caller is Signed and not done.open_to_all:
        refusals.append(Refusal.ACCESS_DENIED)
    found: list[Exception] = [Refused(refusal) for refusal in refusals]
    for error in (*found, Invalid([]), Exception()):
        worded = wording(error, service)
        yield worded.status, worded.code, False


def _refused(names: Iterable[tuple[int, str, bool]]) -> dict[str, Any]:
    """One response a status: the body's `__type` is one of the names."""
    of_status: dict[int, dict[str, bool]] = {}
    for status, name, modelled in names:
        of_status.setdefault(status, {}).setdefault(name, modelled)
    return {str(status): _named(of_status[status]) for status in sorted(of_status)}


def _named(names: dict[str, bool]) -> dict[str, Any]:
    ordered = sorted(names)
    schema: Schema = {
        "allOf": [
            {"$ref": "#/components/schemas/Error"},
            {"properties": {"__type": {"enum": ordered}}},
        ]
    }
    return {
        "description": ", ".join(ordered) + ".",
        "headers": {"x-amzn-errortype": {"schema": {"type": "string"}}},
        "content": {JSON: {"schema": schema}},
        "x-modelled": [name for name in ordered if names[name]],
    }


def _error() -> Schema:
    return {
        "type": "object",
        "required": ["__type"],
        "properties": {
            "__type": {"type": "string", "description": "The error's name."},
            "message": {"type": "string"},
            "reasonCode": {"type": "string"},
        },
    }


def _tags(catalogue: Catalogue) -> list[dict[str, str]]:
    """The services with a performed operation, in the contract's order."""
    performed = {done.operation.service for done in catalogue.performed()}
    return [
        {"name": service.name, "description": f"API version {service.version}."}
        for service in catalogue.declared
        if service in performed
    ]


def _sigv4(region: str) -> dict[str, str]:
    return {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": SIGNATURE.format(region=region),
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
