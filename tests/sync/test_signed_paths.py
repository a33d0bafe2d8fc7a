"""SIG-05: what is signed of a path is what is routed, whoever encodes it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.house import ENDPOINT, REGION, ROOT_KEY, ROOT_SECRET, TestHouse
from tests.sync.devices import Device, device, pool, replace

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def mine(sqlite_house: TestHouse) -> Device:
    made = device(pool(sqlite_house))
    made.write("a:b", replace("k", "v"))
    return made


def path_of(mine: Device, dataset: str) -> str:
    ids = quote(mine.pool_id, safe=""), quote(mine.identity_id, safe="")
    return "/identitypools/{}/identities/{}/datasets/{}".format(*ids, dataset)


def asked(house: TestHouse, path: str, sent: str = "", method: str = "GET") -> Answer:
    """A request whose signature is for `path`, sent to `sent` where that is given."""
    request = AWSRequest(method, ENDPOINT + path)
    SigV4Auth(Credentials(ROOT_KEY, ROOT_SECRET), "cognito-sync", REGION).add_auth(request)
    return house.request(method, ENDPOINT + (sent or path), dict(request.prepare().headers))


def test_the_sdk_encodes_the_colons_and_signs_them_encoded_twice(
    mine: Device, sqlite_house: TestHouse
) -> None:
    urls: list[str] = []
    mine.sync.meta.events.register("before-send", lambda request, **_: urls.append(request.url))
    assert mine.describe("a:b")["DatasetName"] == "a:b"
    path = path_of(mine, "a%3Ab")
    assert urls == [ENDPOINT + path] and f"{REGION}%3A" in path
    assert asked(sqlite_house, path)[0] == 200


@pytest.mark.parametrize("dataset", ["a:b", "%61%3ab", "a%3ab"])
def test_other_spellings_of_the_same_id_are_signed_as_they_stand(
    mine: Device, sqlite_house: TestHouse, dataset: str
) -> None:
    status, _, body = asked(sqlite_house, path_of(mine, dataset))
    assert status == 200 and b'"a:b"' in body


def test_an_id_may_not_be_spelt_otherwise_than_it_was_signed(
    mine: Device, sqlite_house: TestHouse
) -> None:
    for dataset in ("a:b", "%61%3Ab", "a%3ab", "a%253Ab"):
        signed, sent = path_of(mine, "a%3Ab"), path_of(mine, dataset)
        status, headers, _ = asked(sqlite_house, signed, sent)
        assert (status, headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")


def test_a_signature_does_not_reach_beyond_its_path(mine: Device, sqlite_house: TestHouse) -> None:
    """The canonical form of every `sent` is the path that was signed."""
    pools, prefs = "/identitypools", path_of(mine, "a%3Ab")
    ways: list[tuple[str, str, str]] = [
        (pools, f"{pools}/.", "GET"),
        (pools, f"{pools}/{quote(mine.pool_id)}/..", "GET"),
        (prefs, prefs.replace("/datasets", "//datasets"), "DELETE"),
        (prefs, prefs.replace("/datasets", "/./datasets"), "DELETE"),
        (prefs, path_of(mine, "x/../a%3Ab"), "DELETE"),
    ]
    for signed, sent, method in ways:
        status, headers, _ = asked(sqlite_house, signed, sent, method)
        assert (status, headers["x-amzn-errortype"]) == (404, "UnknownOperationException"), sent
    assert mine.names() == ["a:b"]


def test_query_values_are_signed_and_read_alike(mine: Device, sqlite_house: TestHouse) -> None:
    records = path_of(mine, "a%3Ab") + "/records"
    token = mine.token("a:b")
    good = f"{records}?lastSyncCount=0&maxResults=1&syncSessionToken={quote(token, safe='')}"
    assert asked(sqlite_house, good)[0] == 200
    tampered: list[Any] = [
        (good, good.replace("lastSyncCount=0", "lastSyncCount=1"), "InvalidSignatureException"),
        (good, good + "&nextToken=x", "InvalidSignatureException"),
        (good + "&maxResults=2", "", "SerializationException"),
        (records + "?syncSessionToken=a%2Bb", "", "InvalidParameterException"),
    ]
    for signed, sent, code in tampered:
        _, headers, _ = asked(sqlite_house, signed, sent)
        assert headers["x-amzn-errortype"] == code
