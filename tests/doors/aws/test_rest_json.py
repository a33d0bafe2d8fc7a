"""REST-JSON: each member from its own place, and paths that are what was signed."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.contract import cognito_sync as sync
from poolhouse.contract.shape import Invalid, Refusal, Refused, Text, Whole
from poolhouse.doors.aws import rest_json
from tests.doors.aws.wire import operations
from tests.support.house import ENDPOINT, REGION, TestHouse

POOL, IDENTITY = f"{REGION}:0a0a0a0a", f"{REGION}:0b0b0b0b"
DATASET = f"/identitypools/{REGION}%3A0a0a0a0a/identities/{REGION}%3A0b0b0b0b/datasets/prefs"
REST = rest_json.Router(operations("rest-json"))


def at(method: str, path: str) -> Any:
    return REST.find(method, path)


def read(operation: Any, path: str, query: str = "", body: bytes = b"", **headers: str) -> Any:
    assert at(operation.method, path) is operation
    return rest_json.read(operation, path, query, headers, body)


def refusal(*asked: Any) -> Refusal:
    with pytest.raises(Refused) as caught:
        read(*asked)
    return caught.value.refusal


@pytest.mark.parametrize("operation", operations("rest-json"), ids=lambda op: op.name)
def test_every_path_leads_to_its_operation_and_to_no_other(operation: Any) -> None:
    names = [m.located for m in operation.ask.kind.members if m.place == "uri"]
    path = rest_json.path_of(operation, **dict.fromkeys(names, "a:b/c"))
    assert at(operation.method, path) is operation
    assert operation.method in REST.verbs(path)
    assert at("PUT", path) is None and at(operation.method, path + "/") is None


def test_what_lies_outside_the_body_is_text_or_a_whole_number() -> None:
    """Other kinds would need a way to be read there."""
    outside = [
        member
        for operation in operations("rest-json")
        for member in operation.ask.kind.members
        if member.place != "body"
    ]
    assert {type(member.kind) for member in outside} == {Text, Whole}
    assert {member.place for member in outside} == {"uri", "querystring", "header"}


def test_ids_are_decoded_and_a_plus_in_a_path_is_a_plus() -> None:
    ask = read(sync.DescribeDataset, DATASET)
    assert (ask.identity_pool_id, ask.identity_id, ask.dataset_name) == (POOL, IDENTITY, "prefs")
    path = DATASET + "/subscriptions/a+b%2Bc%2Fd%20%C3%BC"
    assert read(sync.SubscribeToDataset, path).device_id == "a+b+c/d ü"


def test_an_unencoded_colon_is_the_same_id() -> None:
    assert read(sync.DescribeDataset, DATASET.replace("%3A", ":")).identity_id == IDENTITY


@pytest.mark.parametrize(
    "path",
    [
        DATASET.replace("/identities", "/./identities"),
        DATASET.replace("/identities", "//identities"),
        DATASET.replace("prefs", "x/../prefs"),
        DATASET.replace("prefs", ".."),
        DATASET.replace("prefs", "."),
        "/identitypools/../identitypools",
        "/identitypools/",
    ],
)
def test_a_path_that_was_signed_in_another_form_leads_nowhere(path: str) -> None:
    """SIG-05: the path used by the router is the path signed."""
    assert all(at(method, path) is None for method in ("GET", "POST", "DELETE"))
    assert REST.verbs(path) == ()


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("%2E%2E", None),  # a name like any other: nobody decodes before splitting
        ("a%2Fb", Invalid),
        ("a%00b", Refused),
        ("%FF", Refused),
        ("%zz", Invalid),
        ("%25", Invalid),
        ("a%0Ab", Invalid),
    ],
)
def test_what_is_encoded_in_a_path_stays_inside_its_segment(name: str, refused: Any) -> None:
    """SIG-05, ADM-01: an encoded slash or dot reaches no other resource."""
    path = DATASET.replace("prefs", name)
    if refused is None:
        assert read(sync.DescribeDataset, path).dataset_name == ".."
        return
    with pytest.raises(refused):
        read(sync.DescribeDataset, path)


def test_the_query_is_read_as_a_form_and_no_parameter_twice() -> None:
    ask = read(sync.ListRecords, DATASET + "/records", "lastSyncCount=7&nextToken=a+b%2B&other=1")
    assert (ask.last_sync_count, ask.next_token, ask.max_results) == (7, "a b+", None)
    twice = "lastSyncCount=7&lastSyncCount=8"
    assert refusal(sync.ListRecords, DATASET + "/records", twice) is Refusal.MALFORMED


@pytest.mark.parametrize("number", ["", "x", "1.5", " 1", "+1", "1_0", "٣", "9" * 20, str(2**63)])
def test_what_is_no_number_in_a_query_is_malformed(number: str) -> None:
    query = f"lastSyncCount={number}".replace("+", "%2B").replace(" ", "%20")
    assert refusal(sync.ListRecords, DATASET + "/records", query) is Refusal.MALFORMED


def test_the_body_cannot_speak_for_the_path() -> None:
    """ADM-01: an id in the body that differs from the one in the path is not read at all."""
    body = (
        b'{"IdentityId": "us-east-1:ffff", "IdentityPoolId": 5, "DatasetName": "theirs",'
        b' "ClientContext": "body", "SyncSessionToken": "t"}'
    )
    ask = read(sync.UpdateRecords, DATASET, "SyncSessionToken=q&DeviceId=q", body)
    assert (ask.identity_id, ask.dataset_name, ask.identity_pool_id) == (IDENTITY, "prefs", POOL)
    assert (ask.client_context, ask.sync_session_token, ask.device_id) == (None, "t", None)
    headers = {"x-amz-client-context": "header", "syncsessiontoken": "h"}
    ask = read(sync.UpdateRecords, DATASET, "", body, **headers)
    assert (ask.client_context, ask.sync_session_token) == ("header", "t")


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"{", b"\xff", b"null"])
def test_a_body_that_is_no_object_is_malformed(body: bytes) -> None:
    assert refusal(sync.UpdateRecords, DATASET, "", body) is Refusal.MALFORMED


def test_nothing_outside_the_known_paths_and_methods_is_answered(sqlite_house: TestHouse) -> None:
    """REL-26: a refusal, whatever was sent; never a fault of the server."""
    for method, path, status in [
        ("GET", "/identitypools/a/b/c", 404),
        ("GET", "/identitypools/..", 404),
        ("PUT", DATASET, 405),
        ("GET", DATASET, 403),
        ("GET", DATASET + "?X-Amz-Signature=1", 403),
        ("POST", DATASET, 403),
    ]:
        got, headers, _ = sqlite_house.request(method, ENDPOINT + path, body=b"\xff{")
        assert (got, headers["content-type"]) == (status, "application/json"), (method, path)
    _, headers, _ = sqlite_house.request("GET", ENDPOINT + DATASET)
    assert headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
