"""What goes wrong reaches a client under its name, with its status and its words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.shape import (
    Invalid,
    Refusal,
    Refused,
    Service,
    ServiceError,
    Text,
    Violation,
)
from poolhouse.doors.aws import json_rpc, query, rest_json
from poolhouse.doors.aws.refusals import Fault, fault_of
from tests.doors.aws.wire import PUBLISHED, XML_TEXTS, AnyOperation, Params, parsed

REQUEST_ID = "11111111-2222-4333-8444-555555555555"
SERVICES = [(service, operations[0]) for service, operations in PUBLISHED]
ERRORS = [
    (operations[0], error)
    for _, operations in PUBLISHED
    for error in sorted({e for op in operations for e in op.errors}, key=lambda e: e.code)
]
each_service = pytest.mark.parametrize(
    ("service", "operation"), SERVICES, ids=[service.name for service, _ in SERVICES]
)


def answered(service: Service, fault: Fault) -> tuple[list[tuple[str, str]], bytes]:
    if service.protocol == "query":
        return [], query.fault(fault, service.namespace, REQUEST_ID)
    codec = json_rpc if service.protocol == "json" else rest_json
    body, headers = codec.fault(fault)
    return headers, body


def told(operation: AnyOperation, fault: Fault) -> Params:
    headers, body = answered(operation.service, fault)
    error: Params = parsed(operation, fault.status, headers, body)["Error"]
    return error


@pytest.mark.parametrize(
    ("operation", "error"), ERRORS, ids=[f"{o.service.name}:{e.code}" for o, e in ERRORS]
)
def test_a_modelled_error_has_its_name_and_its_words(
    operation: AnyOperation, error: type[ServiceError]
) -> None:
    fault = fault_of(error("It's <not> done & why"), operation.service)
    assert (fault.status, fault.code) == (error.status, error.code)
    found = told(operation, fault)
    assert (found["Code"], found["Message"]) == (error.code, "It's <not> done & why")


@each_service
@settings(deadline=None)
@given(data=st.data())
def test_any_words_reach_the_client(
    service: Service, operation: AnyOperation, data: st.DataObject
) -> None:
    message = data.draw(XML_TEXTS if service.protocol == "query" else st.text())
    found = told(operation, Fault(400, "SomeException", message))
    assert (found["Code"], found.get("Message", "")) == ("SomeException", message)


@each_service
@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_at_the_door_has_a_name_in_every_protocol(
    service: Service, operation: AnyOperation, refusal: Refusal
) -> None:
    """SIG-12: one code and one status, which SDKs decide on whether to try again."""
    fault = fault_of(Refused(refusal), service)
    found = told(operation, fault)
    assert found["Code"] == fault.code and fault.code.isalpha()
    signs = {Refusal.BAD_SIGNATURE, Refusal.UNKNOWN_TOKEN, Refusal.EXPIRED_TOKEN}
    if refusal in signs:
        assert fault.status == (400 if service.protocol == "json" else 403)


@each_service
def test_a_fault_of_the_server_tells_nothing(service: Service, operation: AnyOperation) -> None:
    fault = fault_of(ValueError("the master key is 1234"), service)
    headers, body = answered(service, fault)
    assert fault.status == 500 and b"1234" not in body and "1234" not in str(headers)
    assert told(operation, fault)["Code"] == fault.code


@each_service
def test_all_broken_limits_are_told_at_once(service: Service, operation: AnyOperation) -> None:
    broken = [Violation("username", "null"), Violation("limit", "max", 60, 61)]
    found = told(operation, fault_of(Invalid(broken), service))
    assert found["Message"] == (
        "2 validation errors detected: Value null at 'username' failed to satisfy constraint: "
        "Member must not be null; Value '61' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 60"
    )


def test_what_a_list_or_map_breaks_is_told_with_all_that_its_elements_must_be() -> None:
    name = Text(least=1, most=9, pattern="[a-z]+")
    broken = [
        Violation("callbackURLs", "member", name, "[a b]"),
        Violation("tags", "map key", Text(most=2), "{…}"),
        Violation("readAttributes", "member", Text(choices=("A", "B")), "[C]", sensitive=True),
    ]
    found = told(idp.CreateUserPoolClient, fault_of(Invalid(broken), idp.SERVICE))
    assert found["Message"] == (
        "3 validation errors detected: "
        "Value '[a b]' at 'callbackURLs' failed to satisfy constraint: Member must satisfy "
        "constraint: [Member must have length less than or equal to 9, Member must have length "
        "greater than or equal to 1, Member must satisfy regular expression pattern: [a-z]+]; "
        "Value '{…}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: "
        "[Member must have length less than or equal to 2]; "
        "Value at 'readAttributes' failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must satisfy enum value set: [A, B]]"
    )


def test_the_one_error_with_a_member_of_its_own_shows_it() -> None:
    fault = fault_of(idp.InvalidParameterException("No.", reason_code="why"), idp.SERVICE)
    headers, body = answered(idp.SERVICE, fault)
    found = parsed(idp.SignUp, 400, headers, body, error="InvalidParameterException")
    assert found == {"message": "No.", "reasonCode": "why"}


def test_the_header_with_the_name_ends_in_a_colon_in_json_and_not_in_rest_json() -> None:
    fault = Fault(400, "SomeException", "No.")
    assert ("x-amzn-errortype", "SomeException:") in json_rpc.fault(fault)[1]
    assert rest_json.fault(fault)[1] == [("x-amzn-ErrorType", "SomeException")]


@pytest.mark.parametrize("message", ["two\r\nset-cookie: a=b", "für dich", "\x7f", ""])
def test_words_that_no_header_may_hold_are_in_the_body_only(message: str) -> None:
    """NET-05: nothing a caller wrote splits an answer."""
    headers: dict[str, Any] = dict(json_rpc.fault(Fault(400, "SomeException", message))[1])
    assert "x-amzn-errormessage" not in headers
