from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import regex
from botocore import xform_name

from poolhouse import app as composition
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.contract.shape import Bytes, Free, ListOf, MapOf, Moment, Structure, Text
from poolhouse.doors.aws.refusals import fault_of
from poolhouse.doors.docs.commands import command_of
from poolhouse.doors.docs.openapi import document
from poolhouse.doors.docs.schemas import Schemas, whole_value
from poolhouse.settings import load
from tests.support.house import ENDPOINT, TestHouse

Json = dict[str, Any]
CATALOGUE = composition.catalogue()
KEYWORDS = frozenset(
    """
    $ref type format enum pattern minLength maxLength minimum maximum minItems maxItems items
    minProperties maxProperties propertyNames additionalProperties properties required
    contentEncoding description allOf x-sensitive
    """.split()
)


@pytest.fixture(scope="module")
def drawn() -> Json:
    return document(CATALOGUE, load({}), fault_of)


def described(drawn: Json) -> Iterator[tuple[str, Json]]:
    for path, item in drawn["paths"].items():
        assert set(item) == {"post"}
        yield path, item["post"]


def schemas_in(drawn: Json) -> Iterator[Json]:
    """Every schema, however deep."""
    waiting = list(drawn["components"]["schemas"].values())
    for _, operation in described(drawn):
        bodies = [operation["requestBody"], *operation["responses"].values()]
        waiting += [
            body["content"]["application/json"]["schema"] for body in bodies if "content" in body
        ]
    while waiting:
        schema = waiting.pop()
        yield schema
        waiting += schema.get("properties", {}).values()
        waiting += schema.get("allOf", [])
        waiting += [
            schema[n] for n in ("items", "additionalProperties", "propertyNames") if n in schema
        ]


def test_every_operation_that_is_performed_is_described_and_no_other(drawn: Json) -> None:
    performed = {
        f"/{done.operation.service.name}/{done.operation.name}" for done in CATALOGUE.performed()
    }
    assert set(drawn["paths"]) == performed


def test_the_document_has_the_shape_of_openapi_3_1(drawn: Json) -> None:
    assert drawn["openapi"].startswith("3.1.")
    assert {"title", "version"} <= set(drawn["info"])
    tags = {tag["name"] for tag in drawn["tags"]}
    seen: set[str] = set()
    for path, operation in described(drawn):
        assert operation["operationId"] not in seen
        seen.add(operation["operationId"])
        assert set(operation["tags"]) <= tags
        assert operation["summary"]
        assert "\n" not in operation["summary"]
        assert "content" in operation["requestBody"], path
        for status, response in operation["responses"].items():
            assert regex.fullmatch(r"[1-5]\d\d", status)
            assert response["description"]
        for requirement in operation["security"]:
            assert set(requirement) <= set(drawn["components"]["securitySchemes"])
    for name in drawn["components"]["schemas"]:
        assert regex.fullmatch(r"[a-zA-Z0-9._-]+", name)


def test_every_reference_leads_to_a_schema_and_every_schema_is_referred_to(drawn: Json) -> None:
    targets = {schema["$ref"] for schema in schemas_in(drawn) if "$ref" in schema}
    names = {f"#/components/schemas/{name}" for name in drawn["components"]["schemas"]}
    assert targets == names


def test_schemas_use_keywords_of_json_schema_in_their_right_types(drawn: Json) -> None:
    numbers = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
    for schema in schemas_in(drawn):
        assert set(schema) <= KEYWORDS
        for name in numbers:
            assert isinstance(schema.get(name, 0), int)
            assert schema.get(name, 0) >= 0
        if "required" in schema:
            assert len(set(schema["required"])) == len(schema["required"])
            assert set(schema["required"]) <= set(schema.get("properties", {})) | {"__type"}
        if "enum" in schema:
            assert schema["enum"]
        if "pattern" in schema:
            regex.compile(schema["pattern"])  # raises where it is none


def test_limits_are_those_of_the_contract(drawn: Json) -> None:
    found = drawn["components"]["schemas"]["cognito-idp.CreateGroupRequest"]
    kind = idp.CreateGroupRequest.kind
    assert set(found["properties"]) == set(kind.by_wire)
    assert found["required"] == ["GroupName", "UserPoolId"]
    name = kind.by_wire["GroupName"].kind
    assert isinstance(name, Text)
    assert found["properties"]["GroupName"] == {
        "type": "string",
        "minLength": name.least,
        "maxLength": name.most,
        "pattern": f"^(?:{name.pattern})$",
    }
    assert found["properties"]["Precedence"]["minimum"] == 0
    flow = drawn["components"]["schemas"]["cognito-idp.InitiateAuthRequest"]["properties"][
        "AuthFlow"
    ]
    assert "USER_SRP_AUTH" in flow["enum"]


def test_kinds_become_the_json_that_is_on_the_wire() -> None:
    draw = Schemas()
    assert draw.of("x", Moment())["type"] == "number"
    blob = draw.of("x", Bytes(least=1, most=4))
    assert blob == {"type": "string", "contentEncoding": "base64", "minLength": 4, "maxLength": 8}
    assert draw.of("x", Free()).keys() == {"description"}
    listed = draw.of("x", ListOf(Text(most=3), least=1, most=2))
    assert listed["items"] == {"type": "string", "maxLength": 3}
    assert (listed["minItems"], listed["maxItems"]) == (1, 2)
    mapped = draw.of("x", MapOf(Text(most=3), Text()))
    assert mapped["additionalProperties"] == {"type": "string"}
    assert mapped["propertyNames"] == {"type": "string", "maxLength": 3}


def test_a_structure_that_holds_itself_is_drawn_once() -> None:
    members: list[Any] = []
    kind = Structure("Node", tuple(members))
    again = ListOf(kind)
    object.__setattr__(kind, "members", (_member("Children", again),))
    draw = Schemas()
    assert draw.of("x", kind) == {"$ref": "#/components/schemas/x.Node"}
    assert list(draw.found) == ["x.Node"]


def _member(wire: str, kind: Any) -> Any:
    from poolhouse.contract.shape import Member

    return Member(wire.lower(), wire, kind)


@pytest.mark.parametrize(
    ("model", "written"),
    [(r"[\w+=,.@\:-]*", r"^(?:[\w+=,.@:-]*)$"), ("(?s).*", r"^(?:[\s\S]*)$"), ("a|b", "^(?:a|b)$")],
)
def test_patterns_hold_for_the_whole_value_and_are_spelt_for_ecma(model: str, written: str) -> None:
    assert whole_value(model) == written


def test_modelled_errors_stand_under_their_status(drawn: Json) -> None:
    for done in CATALOGUE.performed():
        operation = done.operation
        responses = drawn["paths"][f"/{operation.service.name}/{operation.name}"]["post"][
            "responses"
        ]
        for error in operation.errors:
            response = responses[str(error.status)]
            assert error.code in response["x-modelled"]
            assert error.code in _names(response)


def _names(response: Json) -> list[str]:
    found: list[str] = response["content"]["application/json"]["schema"]["allOf"][1]["properties"][
        "__type"
    ]["enum"]
    return found


def test_security_says_who_may_call(drawn: Json) -> None:
    for done in CATALOGUE.performed():
        operation = done.operation
        path = f"/{operation.service.name}/{operation.name}"
        found = drawn["paths"][path]["post"]
        signed = operation.caller is Signed
        assert found["security"] == ([{"sigv4": []}] if signed else [])
        everything = {
            name for s, r in found["responses"].items() if s != "200" for name in _names(r)
        }
        unsigned_names = {"MissingAuthenticationTokenException", "MissingAuthenticationToken"}
        assert bool(everything & unsigned_names) == signed


def test_the_commands_are_those_of_the_aws_command_line() -> None:
    for service, operations in composition.DECLARED:
        for operation in operations if service.published else ():
            wanted = f"aws {service.name} {xform_name(operation.name, '-')}"
            assert command_of(service.name, operation.name) == wanted
    assert command_of("x", "ListARNs") == "aws x list-arns"


def test_every_documented_path_answers_as_it_is_documented(
    sqlite_house: TestHouse, drawn: Json
) -> None:
    """Asked unsigned and empty: status and error name are on the operation's list."""
    for path, operation in described(drawn):
        status, fields, body = sqlite_house.request("POST", ENDPOINT + path, body=b"{}")
        response = operation["responses"][str(status)]
        assert fields["content-type"] == "application/json", path
        if status != 200:
            assert json.loads(body)["__type"] in _names(response), path
        for nonsense in (b"[", b"[]", b"\xff", b'"x"'):
            status, _, body = sqlite_house.request("POST", ENDPOINT + path, body=nonsense)
            assert json.loads(body)["__type"] in _names(operation["responses"][str(status)]), path


def test_it_is_served_from_the_configuration_alone_and_may_be_asked_about(
    sqlite_house: TestHouse,
) -> None:
    """SES-02: the server it names is the configured one."""
    address = f"{ENDPOINT}/openapi.json"
    hostile = {"host": "evil.test", "x-forwarded-host": "evil.test"}
    status, fields, body = sqlite_house.request("GET", address, hostile)
    assert status == 200
    assert fields["content-type"] == "application/json"
    assert json.loads(body)["servers"] == [{"url": sqlite_house.settings.issuer_base}]
    assert b"evil" not in body
    again = sqlite_house.request("GET", address, {"if-none-match": fields["etag"]})
    assert (again[0], again[2]) == (304, b"")
    head = sqlite_house.request("HEAD", address)
    assert (head[0], head[2], head[1]["content-length"]) == (200, b"", str(len(body)))
