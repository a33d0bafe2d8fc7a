from __future__ import annotations

import json
import logging

import pytest

from poolhouse.logs import JsonLines, Readable
from tests.doors.furnishing import add_pool
from tests.support.house import ENDPOINT, TestHouse

FIELDS = {"request_id", "operation", "status", "code", "ms", "ip"}
HOSTILE = '\r\n2026-01-01 forged "x":1} \x1b[2J \u202e \u2028 %s %(name)s {0}'


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "poolhouse.requests")
    return caplog


def told(record: logging.LogRecord) -> dict[str, object]:
    """The line's own fields, read back from JSON."""
    line = json.loads(JsonLines().format(record))
    return {name: line[name] for name in FIELDS}


def test_a_request_leaves_one_line(
    sqlite_house: TestHouse, lines: pytest.LogCaptureFixture
) -> None:
    pool = add_pool(sqlite_house)
    answer = sqlite_house.client("cognito-idp").create_group(UserPoolId=pool, GroupName="a")
    [record] = lines.records
    line = told(record)
    assert record.levelno == logging.INFO
    assert isinstance(line.pop("ms"), float)
    assert line == {
        "request_id": answer["ResponseMetadata"]["RequestId"],
        "operation": "cognito-idp:CreateGroup",
        "status": 200,
        "code": "",
        "ip": "127.0.0.1",
    }


def test_a_refusal_leaves_its_code(
    sqlite_house: TestHouse, lines: pytest.LogCaptureFixture
) -> None:
    faces = [
        ("POST", "/cognito-idp/CreateGroup", 400, "MissingAuthenticationTokenException"),
        ("POST", "/sts/GetCallerIdentity", 403, "MissingAuthenticationToken"),
        ("POST", "/cognito-idp/Nope", 404, "UnknownOperationException"),
        ("TRACE", "/", 405, "MethodNotAllowed"),
    ]
    for verb, path, status, code in faces:
        lines.clear()
        _, fields, _ = sqlite_house.request(verb, ENDPOINT + path, body=b"{}")
        [record] = lines.records
        line = told(record)
        assert (line["status"], line["code"]) == (status, code)
        assert line["request_id"] == fields["x-amzn-requestid"]


def test_nothing_that_a_caller_writes_comes_into_the_line(
    sqlite_house: TestHouse, lines: pytest.LogCaptureFixture
) -> None:
    """LOG-01, LOG-02: neither secrets nor attempts to forge a line."""
    marker = "Marker-7f3a"
    body = json.dumps(
        {
            "ClientId": marker,
            "Username": marker + HOSTILE,
            "Password": marker,
            "AccessToken": marker,
        }
    ).encode()
    headers = {
        "x-amz-target": f"AWSCognitoIdentityProviderService.{marker}",
        "authorization": f"Bearer {marker}",
        "user-agent": marker + "\x1b[2J\x9b",
        "x-forwarded-for": marker,
        "x-amzn-requestid": marker,
        "cookie": marker,
    }
    signing_up = {**headers, "x-amz-target": "AWSCognitoIdentityProviderService.SignUp"}
    sqlite_house.request("POST", f"{ENDPOINT}/", headers, body)
    sqlite_house.request("POST", f"{ENDPOINT}/", signing_up, body)
    sqlite_house.request("POST", f"{ENDPOINT}/sts/{marker}?{marker}", headers, body)
    form = f"Action={marker}&Version=2011-06-15".encode()
    sqlite_house.request("POST", f"{ENDPOINT}/", {}, form)
    assert len(lines.records) == 4
    for record in lines.records:
        for formatter in (JsonLines(), Readable()):
            line = formatter.format(record)
            assert marker not in line
            assert "\n" not in line
            assert line.isprintable()


def test_the_line_is_not_made_where_the_level_leaves_it_out(
    sqlite_house: TestHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "poolhouse.requests")
    sqlite_house.request("POST", f"{ENDPOINT}/cognito-idp/Nope", body=b"{}")
    assert not caplog.records
