"""What browsers are told: any page may call, none sends a credential that it does not hold."""

from __future__ import annotations

import pytest

from tests.support.house import ENDPOINT, TestHouse

ORIGINS = [
    "https://app.example",
    "https://app.example.evil.example",
    "https://evil-app.example",
    "http://127.0.0.1:8000",
    "null",
]
SIGN_UP = "AWSCognitoIdentityProviderService.SignUp"
PATHS = ["/", "/cognito-idp/SignUp", "/identitypools/us-east-1:1/identities/us-east-1:2/datasets"]
# What Amplify and the AWS SDK for JavaScript send beside what needs no leave.
AMPLIFY = "amz-sdk-invocation-id,amz-sdk-request,cache-control,content-type,x-amz-target"


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("path", PATHS)
def test_every_page_may_ask_and_no_cookie_rides_along(
    sqlite_house: TestHouse, path: str, origin: str
) -> None:
    """SES-15: the answer is the same for every origin, so none is reflected."""
    asking = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": AMPLIFY,
    }
    status, told, body = sqlite_house.request("OPTIONS", ENDPOINT + path, asking)
    assert (status, body) == (200, b"")
    assert told["access-control-allow-headers"] == AMPLIFY
    assert "POST" in told["access-control-allow-methods"] or "datasets" in path
    given = {"origin": origin, "x-amz-target": SIGN_UP}
    _, answered, _ = sqlite_house.request("POST", ENDPOINT + path, given, b"{}")
    for fields in (told, answered):
        assert fields["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in fields
        assert "set-cookie" not in fields


def test_a_page_may_read_what_an_sdk_needs(sqlite_house: TestHouse) -> None:
    given = {"origin": ORIGINS[0], "x-amz-target": SIGN_UP}
    _, fields, _ = sqlite_house.request("POST", f"{ENDPOINT}/", given, b"{}")
    exposed = fields["access-control-expose-headers"].lower().split(",")
    assert {"x-amzn-requestid", "x-amzn-errortype", "x-amzn-errormessage", "date"} == set(exposed)


def test_who_is_no_browser_is_told_nothing_of_it(sqlite_house: TestHouse) -> None:
    _, fields, _ = sqlite_house.request("POST", f"{ENDPOINT}/", {"x-amz-target": SIGN_UP}, b"{}")
    assert not [name for name in fields if name.startswith("access-control")]
