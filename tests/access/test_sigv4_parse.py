from __future__ import annotations

import contextlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from poolhouse.access.sigv4 import HttpRequest, parse, verify
from poolhouse.contract.shape import Refusal, Refused
from tests.access.signing import (
    NOON,
    SECRET,
    SERVICE,
    header,
    signed,
    with_authorization,
    with_header,
)


def refusal(request: HttpRequest) -> Refusal:
    with pytest.raises(Refused) as caught:
        parse(request)
    return caught.value.refusal


def plain() -> HttpRequest:
    return signed(headers={"X-Amz-Target": "Service.Op"}, token="token")


def presigned() -> HttpRequest:
    return signed("GET", body=b"", presigned_for=60, token="token")


def test_a_request_that_claims_no_signature_lacks_authentication() -> None:
    request = with_header(plain(), "authorization", None)
    assert refusal(request) is Refusal.MISSING_AUTHENTICATION
    anonymous = replace(plain(), headers=(("host", "localhost:8080"),))
    assert refusal(anonymous) is Refusal.MISSING_AUTHENTICATION


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "AWS4-HMAC-SHA256",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Basic dXNlcjpwYXNz",
        "AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=",
        "AWS3-HTTPS AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE",
        "AWS4-ECDSA-P256-SHA256 Credential=A/20150830/iam/aws4_request, SignedHeaders=host",
        "aws4-hmac-sha256 Credential=A/20150830/r/s/aws4_request",
        "Negotiate",
    ],
)
def test_another_scheme_is_refused_and_never_anonymous(authorization: str) -> None:
    """SIG-13"""
    request = with_header(plain(), "authorization", authorization)
    assert refusal(request) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Credential=", "credential="),
        ("Credential=AKIA", "Credential=, X=AKIA"),
        ("Credential=AKIA", "Credential=AKIA/"),
        ("Credential=AKIAIOSFODNN7EXAMPLE/", "Credential="),
        ("Credential=AKIAIOSFODNN7EXAMPLE/", "Credential=/"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIA IOSFODNN7EXAMPLE"),
        ("/eu-west-1/", "//"),
        ("/aws4_request", ""),
        ("/aws4_request", "/aws4_request/x"),
        ("SignedHeaders=host;", "SignedHeaders="),
        ("SignedHeaders=host", "SignedHeaders=Host"),
        ("SignedHeaders=host", "SignedHeaders=host;host"),
        ("SignedHeaders=host", "SignedHeaders=host;;x"),
        ("SignedHeaders=host", "SignedHeaders=zoo;host"),
        ("SignedHeaders=host", "Signed=host"),
        ("x-amz-date;", ""),
        (", Signature=", ", Signature=, Other="),
        (", Signature=", ", Sig="),
        (", Signature=", ", Signature=0, Signature="),
        (", Signature=", ", Algorithm=x, Signature="),
        (", Signature=", " Signature="),
        (", Signature=", ",, Signature="),
    ],
)
def test_a_malformed_authorization_is_refused(old: str, new: str) -> None:
    assert refusal(with_authorization(plain(), old, new)) is Refusal.INCOMPLETE_SIGNATURE


def test_spaces_after_the_commas_may_be_left_out() -> None:
    request = with_authorization(plain(), ", ", ",")
    verify(request, parse(request), SECRET, service=SERVICE, now=NOON)


@pytest.mark.parametrize("name", ["x-amz-target", "x-amz-security-token"])
def test_a_header_left_out_of_the_signature_is_refused(name: str) -> None:
    """SIG-01"""
    request = with_authorization(plain(), f";{name}", "")
    assert refusal(request) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize(
    "name",
    [
        "x-amz-target",
        "x-amz-security-token",
        "x-amz-content-sha256",
        "x-amz-anything",
        "x-amz-date",
    ],
)
def test_a_header_added_after_signing_is_refused(name: str) -> None:
    """SIG-01"""
    request = signed()
    added = replace(request, headers=(*request.headers, (name, "added")))
    assert refusal(added) is Refusal.INCOMPLETE_SIGNATURE


def test_a_signature_that_leaves_out_the_host_is_refused() -> None:
    """SIG-01"""
    request = with_authorization(plain(), "SignedHeaders=host;", "SignedHeaders=")
    assert refusal(request) is Refusal.INCOMPLETE_SIGNATURE
    query = presigned().query.replace("SignedHeaders=host", "SignedHeaders=x")
    assert refusal(replace(presigned(), query=query)) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize("name", ["x-amz-user-agent", "x-amzn-trace-id", "user-agent", "cookie"])
def test_headers_that_real_clients_and_proxies_leave_unsigned_may_be_added(name: str) -> None:
    """SIG-01"""
    request = with_header(plain(), name, "aws-amplify/6")
    verify(request, parse(request), SECRET, service=SERVICE, now=NOON)


def test_an_unsigned_content_type_must_be_one_that_the_sdks_send() -> None:
    """SIG-01"""
    request = plain()
    assert "content-type" not in parse(request).signed_headers
    for value in ("application/x-amz-json-1.1", "application/x-www-form-urlencoded; charset=utf-8"):
        parse(with_header(request, "content-type", value))
    for value in ("text/html", "application/xml", "application/json, text/html", ""):
        altered = with_header(request, "content-type", value)
        assert refusal(altered) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "host",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-target",
        "content-length",
        "content-type",
    ],
)
def test_a_security_header_given_twice_is_refused(name: str) -> None:
    """SIG-04"""
    request = with_header(plain(), "content-type", "application/json")
    once = header(with_header(request, "content-length", "2"), name)
    for second in (once, "other"):
        headers = (*with_header(request, name, once).headers, (name, second))
        assert refusal(replace(request, headers=headers)) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "a.example, b.example"),
        ("host", "a.example b.example"),
        ("host", ""),
        ("host", "evil/path"),
        ("host", "user@evil"),
        ("x-amz-date", "20150830T123600Z, 20150830T123600Z"),
        ("x-amz-security-token", "a, b"),
        ("x-amz-security-token", ""),
        ("content-length", "2, 2"),
        ("content-length", "+2"),
        ("content-length", "\u0662"),
    ],
)
def test_a_joined_or_malformed_security_header_is_refused(name: str, value: str) -> None:
    """SIG-04"""
    assert refusal(with_header(plain(), name, value)) is Refusal.INCOMPLETE_SIGNATURE


def test_an_authorization_joined_from_two_is_refused() -> None:
    """SIG-04"""
    request = plain()
    joined = ", ".join([header(request, "authorization")] * 2)
    altered = with_header(request, "authorization", joined)
    assert refusal(altered) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize("value", ["a\r\n b", "a\nb", "a\0b", "a\x1fb", "\u1234"])
def test_a_folded_header_or_one_with_control_characters_is_refused(value: str) -> None:
    """SIG-04"""
    assert refusal(with_header(plain(), "x-other", value)) is Refusal.INCOMPLETE_SIGNATURE


def test_a_header_spelled_with_underscores_is_not_read_in_place_of_the_real_one() -> None:
    """SIG-04"""
    request = plain()
    aliased = with_header(request, "x-amz-date", None)
    aliased = with_header(aliased, "x_amz_date", header(request, "x-amz-date"))
    assert refusal(aliased) is Refusal.INCOMPLETE_SIGNATURE
    assert parse(with_header(request, "x_amz_security_token", "other")).session_token == "token"


def test_header_and_query_signatures_together_are_refused() -> None:
    """SIG-06"""
    both = replace(plain(), query=presigned().query)
    assert refusal(both) is Refusal.INCOMPLETE_SIGNATURE
    for name in ("X-Amz-Signature", "x-amz-signature", "X-Amz-Security-Token", "X-Amz-Date"):
        assert refusal(replace(plain(), query=f"{name}=x")) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize("name", ["x-amz-date", "x-amz-security-token"])
def test_a_presigned_request_with_a_second_date_or_token_is_refused(name: str) -> None:
    """SIG-06"""
    request = presigned()
    query = request.query.replace("SignedHeaders=host", f"SignedHeaders=host%3B{name}")
    altered = with_header(replace(request, query=query), name, "20150830T123600Z")
    assert refusal(altered) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize(
    "name", ["Algorithm", "Credential", "Date", "Expires", "Signature", "SignedHeaders"]
)
def test_a_presigned_request_needs_every_parameter_once_and_spelled_so(name: str) -> None:
    """SIG-06"""
    request = presigned()
    parts = request.query.split("&")
    (part,) = [part for part in parts if part.startswith(f"X-Amz-{name}=")]
    rest = [other for other in parts if other != part]
    absent = () if name == "Expires" else (rest,)
    for changed in (
        *absent,
        [*rest, f"X-Amz-{name}="],
        [*rest, part, part],
        [*rest, part.lower()],
        [*rest, part, part.lower()],
    ):
        altered = replace(request, query="&".join(changed))
        assert refusal(altered) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize(
    "expires", ["0", "604801", "-1", "60.0", "1e3", "+60", "9999999", "\u0661"]
)
def test_a_lifetime_outside_a_week_is_refused(expires: str) -> None:
    """SIG-06"""
    request = presigned()
    query = request.query.replace("X-Amz-Expires=60", f"X-Amz-Expires={expires}")
    assert refusal(replace(request, query=query)) is Refusal.INCOMPLETE_SIGNATURE


def test_another_algorithm_in_the_query_is_refused() -> None:
    """SIG-13"""
    request = presigned()
    query = request.query.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")
    assert refusal(replace(request, query=query)) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize(
    "date",
    [
        "",
        "2015-08-30T12:36:00Z",
        "20150830T123600",
        "20150830 123600Z",
        "20151330T123600Z",
        "20150230T123600Z",
        "20150830T246000Z",
        "00000830T123600Z",
        "20150830T123600z",
        "\u0662\u0660150830T123600Z",
    ],
)
def test_a_malformed_date_is_refused(date: str) -> None:
    request = with_header(plain(), "x-amz-date", date)
    assert refusal(request) is Refusal.INCOMPLETE_SIGNATURE


def test_the_date_header_stands_in_where_there_is_no_x_amz_date() -> None:
    request = signed(headers={"Date": "to be replaced"})
    assert "x-amz-date" not in dict(request.headers)
    claim = parse(request)
    assert claim.timestamp == NOON
    verify(request, claim, SECRET, service=SERVICE, now=NOON)
    unsigned = with_authorization(request, "SignedHeaders=date;", "SignedHeaders=")
    assert refusal(unsigned) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize(
    "date",
    [
        "",
        "Sun, 30 Aug 2015 12:36:00 +0100",
        "Sun, 30 Foo 2015 12:36:00 GMT",
        "Sunday, 30-Aug-15 12:36:00 GMT",
        "Sun, 31 Feb 2015 12:36:00 GMT",
        "20150830T123600Z",
    ],
)
def test_a_malformed_date_header_is_refused(date: str) -> None:
    request = with_header(signed(headers={"Date": "x"}), "date", date)
    assert refusal(request) is Refusal.INCOMPLETE_SIGNATURE


@pytest.mark.parametrize("method", ["", "get", "GET\n", "GET /", "G" * 21])
def test_a_method_that_is_not_one_is_refused(method: str) -> None:
    assert refusal(replace(plain(), method=method)) is Refusal.INCOMPLETE_SIGNATURE


def test_a_target_that_no_server_can_have_received_is_refused() -> None:
    assert refusal(replace(plain(), raw_path="/\u1234")) is Refusal.INCOMPLETE_SIGNATURE
    assert refusal(replace(plain(), query="\u1234")) is Refusal.INCOMPLETE_SIGNATURE


ANYTHING = st.text(max_size=30) | st.text(string.printable, max_size=60)
NAMES = st.sampled_from(
    ["host", "authorization", "x-amz-date", "date", "content-length", "x-amz-security-token", "x"]
)


@settings(max_examples=300, deadline=None)
@given(
    method=ANYTHING,
    path=ANYTHING,
    query=ANYTHING | ANYTHING.map(lambda text: presigned().query + "&" + text),
    headers=st.lists(st.tuples(NAMES, ANYTHING), max_size=6),
    base=st.booleans(),
)
def test_whatever_is_sent_is_parsed_or_refused(
    method: str, path: str, query: str, headers: list[tuple[str, str]], base: bool
) -> None:
    start = (*plain().headers, *headers) if base else tuple(headers)
    request = HttpRequest("GET" if base else method, path, query, start, b"")
    with contextlib.suppress(Refused):
        verify(request, parse(request), SECRET, service=SERVICE, now=NOON)
