"""Every shape goes round: what botocore sends our codecs read, what they answer botocore reads."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poolhouse.contract.shape import Shape
from poolhouse.doors.aws import json_rpc, query, rest_json
from tests.doors.aws.wire import (
    AnyOperation,
    Params,
    body_of,
    held,
    in_utc,
    made,
    modelled,
    operations,
    parsed,
    sent,
    values,
)

SOME = settings(
    max_examples=4,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
REST = rest_json.Router(operations("rest-json"))


def by_name(*protocols: str) -> pytest.MarkDecorator:
    found = [op for protocol in protocols for op in operations(protocol)]
    return pytest.mark.parametrize("operation", found, ids=lambda op: op.action)


def asked(data: st.DataObject, operation: AnyOperation) -> Params:
    shape = modelled(operation).input_shape
    return data.draw(values(shape, operation.service.protocol)) if shape else {}


def told(data: st.DataObject, operation: AnyOperation) -> Params:
    shape = modelled(operation).output_shape
    return data.draw(values(shape, operation.service.protocol, limited=False)) if shape else {}


def answer_of(operation: AnyOperation, params: Params) -> Shape | None:
    if operation.answer is None:
        assert params == {}
        return None
    shape: Shape = made(operation.answer.kind, params)
    return shape


def read(operation: AnyOperation, prepared: Any) -> Shape:
    parts = urlsplit(prepared.url)
    if operation.service.protocol == "rest-json":
        assert REST.find(prepared.method, parts.path) is operation
        headers = {name.lower(): value for name, value in prepared.headers.items()}
        return rest_json.read(operation, parts.path, parts.query, headers, body_of(prepared))
    if operation.service.protocol == "query":
        form = query.form_of(body_of(prepared).decode())
        assert (form["Action"], form["Version"]) == (operation.name, operation.service.version)
        return query.read(operation, form)
    return json_rpc.read(operation, body_of(prepared))


@by_name("json", "rest-json", "query")
@SOME
@given(st.data())
def test_what_a_client_asks_is_read_as_it_meant_it(
    operation: AnyOperation, data: st.DataObject
) -> None:
    params = asked(data, operation)
    shape = read(operation, sent(operation, params))
    assert type(shape) is operation.ask
    assert held(operation.ask.kind, shape) == in_utc(params)


@by_name("json", "rest-json", "query")
@SOME
@given(st.data())
def test_what_is_answered_a_client_reads_as_it_was_meant(
    operation: AnyOperation, data: st.DataObject
) -> None:
    params = told(data, operation)
    shape = answer_of(operation, params)
    if operation.service.protocol == "query":
        body = query.answer(operation, shape, "a-request")
    elif operation.service.protocol == "rest-json":
        body = rest_json.answer(shape)
    else:
        body = json_rpc.answer(shape)
    assert in_utc(parsed(operation, operation.status, [], body)) == in_utc(params)
