from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from poolhouse.access.sigv4 import (
    MISMATCH,
    HttpRequest,
    parse,
    signing_key,
    verify,
)
from poolhouse.contract.shape import Refusal, Refused
from tests.access.signing import (
    NOON,
    SECRET,
    SERVICE,
    UNSAID,
    header,
    signed,
    with_authorization,
    with_header,
)


def check(request: HttpRequest, *, now: float = NOON, service: str = SERVICE) -> None:
    verify(request, parse(request), SECRET, service=service, now=now)


def refusal(request: HttpRequest, *, now: float = NOON, service: str = SERVICE) -> Refused:
    with pytest.raises(Refused) as caught:
        check(request, now=now, service=service)
    return caught.value


TARGET = "AWSCognitoIdentityProviderService.CreateGroup"


def rich() -> HttpRequest:
    """A request that uses every part a signature covers."""
    return signed(
        "POST",
        "/identitypools/eu-west-1%3A1234/identities",
        params=[("b", "2"), ("a", "1 1"), ("a", ""), ("é", "+")],
        headers={
            "X-Amz-Target": TARGET,
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Content-Sha256": hashlib.sha256(b'{"x":1}').hexdigest(),
            "amz-sdk-request": "attempt=1",
        },
        body=b'{"x":1}',
        token="token+of/session==",
    )


SEGMENTS = st.lists(
    st.one_of(
        st.sampled_from(["", ".", "..", "a b", "us-east-1%3Ax", "~", "%2F", "%7e"]),
        st.text("abcXYZ019-._~", max_size=8),
    ),
    max_size=6,
)
HEADER_VALUES = st.text('abc XYZ,;="/\tàéü\u1234', max_size=20)


@st.composite
def signed_requests(draw: st.DrawFn) -> HttpRequest:
    path = "/" + "/".join(draw(SEGMENTS)).replace(" ", "%20")
    params = draw(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=5))
    headers = draw(
        st.dictionaries(st.sampled_from(["X-Amz-Target", "x-other", "Accept"]), HEADER_VALUES)
    )
    return signed(
        draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"])),
        path,
        params=params,
        headers=headers,
        body=draw(st.binary(max_size=64)),
        token=draw(st.none() | st.just("IQoJb3JpZ2luX2Vj/+==")),
    )


@settings(max_examples=300, deadline=None)
@given(signed_requests())
def test_whatever_botocore_signs_is_verified(request: HttpRequest) -> None:
    check(request)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=8)), max_size=4),
    st.integers(1, 604_800),
    st.none() | st.just("IQoJb3JpZ2luX2Vj/+=="),
)
def test_whatever_botocore_presigns_is_verified(
    params: list[tuple[str, str]], expires: int, token: str | None
) -> None:
    request = signed(
        "GET", params=params, body=b"", token=token, presigned_for=expires, service="sts"
    )
    claim = parse(request)
    assert (claim.expires, claim.session_token) == (expires, token)
    check(request, service="sts", now=NOON + expires)


def test_a_claim_says_what_the_request_says() -> None:
    claim = parse(rich())
    assert claim.access_key_id == "AKIAIOSFODNN7EXAMPLE"
    assert (claim.region, claim.service) == ("eu-west-1", "cognito-idp")
    assert claim.timestamp == NOON
    assert claim.amz_date.startswith(claim.date)
    assert claim.session_token == "token+of/session=="
    assert claim.expires is None
    assert "x-amz-target" in claim.signed_headers


def test_a_derived_key_may_be_handed_in_instead_of_the_secret() -> None:
    request = rich()
    claim = parse(request)
    key = signing_key(SECRET, claim.date, claim.region, claim.service)
    verify(request, claim, "not used", service=SERVICE, now=NOON, signing_key=key)
    with pytest.raises(Refused):
        verify(request, claim, SECRET, service=SERVICE, now=NOON, signing_key=b"\0" * 32)


def test_the_wrong_secret_is_refused_with_the_words_of_aws() -> None:
    request = rich()
    with pytest.raises(Refused, match="The request signature we calculated") as caught:
        verify(request, parse(request), SECRET + "x", service=SERVICE, now=NOON)
    assert caught.value.refusal is Refusal.BAD_SIGNATURE


SIGNED_NAMES = parse(rich()).signed_headers


@pytest.mark.parametrize("name", SIGNED_NAMES)
def test_a_signed_header_that_is_altered_is_refused(name: str) -> None:
    """SIG-01"""
    request = rich()
    value = "20200101T000000Z" if name == "x-amz-date" else header(request, name) + "x"
    refusal(with_header(request, name, value))


@pytest.mark.parametrize("name", SIGNED_NAMES)
def test_a_signed_header_that_is_taken_away_is_refused(name: str) -> None:
    """SIG-01"""
    refusal(with_header(rich(), name, None))


@pytest.mark.parametrize("name", SIGNED_NAMES)
def test_a_signed_header_that_is_doubled_is_refused(name: str) -> None:
    """SIG-04"""
    request = rich()
    refusal(replace(request, headers=(*request.headers, (name, header(request, name)))))


def test_the_order_of_headers_and_spaces_around_values_do_not_matter() -> None:
    request = rich()
    spaced = tuple((name, f"  {value} ") for name, value in reversed(request.headers))
    check(replace(request, headers=spaced))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_altered_byte_of_the_body_is_refused(data: st.DataObject) -> None:
    """SIG-02"""
    request = signed(body=b'{"GroupName":"admins","UserPoolId":"eu-west-1_AbCdEf123"}')
    at = data.draw(st.integers(0, len(request.body) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != request.body[at]))
    body = request.body[:at] + bytes([byte]) + request.body[at + 1 :]
    assert refusal(replace(request, body=body)).message == MISMATCH


def test_a_body_cut_grown_or_emptied_is_refused() -> None:
    """SIG-02"""
    request = signed(body=b'{"a":1}')
    for body in (b"", b'{"a":1', b'{"a":1} '):
        assert refusal(replace(request, body=body)).message == MISMATCH


@pytest.mark.parametrize("name", ["method", "raw_path", "query"])
@pytest.mark.parametrize("altered", ["GET", "/", "/x", "/identitypools", "", "a=1", "b=2&c=3"])
def test_an_altered_method_path_or_query_is_refused(name: str, altered: str) -> None:
    """SIG-05"""
    changes: dict[str, object] = {name: altered}
    refusal(replace(rich(), **changes))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_altered_character_of_the_path_or_query_is_refused(data: st.DataObject) -> None:
    """SIG-05"""
    request = signed("GET", "/pools/eu-west-1%3Ax/ids", params=[("a", "1"), ("b", "x y")])
    part = data.draw(st.sampled_from(["raw_path", "query"]))
    text = getattr(request, part)
    at = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.sampled_from("abAB019%+&=;/.~é").filter(lambda c: c != text[at]))
    altered = text[:at] + new + text[at + 1 :]
    refusal(replace(request, **{part: altered}))


def test_a_plus_in_the_query_is_a_space() -> None:
    """SIG-05: what a form decoder reads is what was signed. botocore signs %20 and sends +."""
    request = signed("GET", params=[("a", "x y")], body=b"")
    assert request.query == "a=x+y"
    check(request)
    check(replace(request, query="a=x%20y"))
    refusal(replace(request, query="a=x%2By"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/eu-west-1/", "/us-east-1/"),
        ("/cognito-idp/", "/cognito-identity/"),
        ("/cognito-idp/", "/Cognito-IDP/"),
        ("aws4_request", "aws4_reques"),
        ("aws4_request", "AWS4_REQUEST"),
    ],
)
def test_another_scope_is_refused(old: str, new: str) -> None:
    """SIG-07"""
    assert refusal(with_authorization(rich(), old, new)).refusal is Refusal.BAD_SIGNATURE


def test_a_scope_of_another_day_is_refused() -> None:
    """SIG-07"""
    request = rich()
    day = parse(request).date
    other = str(int(day) - 1)
    refused = refusal(with_authorization(request, f"/{day}/", f"/{other}/"))
    assert refused.message == (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        f"HTTP: '{other}' != '{day}', from '{day}T120000Z'."
    )


def test_a_request_for_another_service_is_refused() -> None:
    """SIG-07"""
    refused = refusal(rich(), service="cognito-identity")
    assert refused.message == "Credential should be scoped to correct service: 'cognito-identity'."


def test_a_refusal_never_tells_what_was_signed() -> None:
    """SIG-11: neither the canonical request nor a header value nor the expected signature."""
    request = rich()
    for altered in (
        with_header(request, "x-amz-target", "x"),
        replace(request, body=b"x"),
        with_authorization(request, "Signature=", "Signature=0"),
    ):
        text = str(refusal(altered))
        assert "token+of" not in text
        assert "identitypools" not in text
        assert TARGET not in text


def test_neither_a_request_nor_a_claim_shows_a_secret() -> None:
    request = rich()
    shown = repr(request) + repr(parse(request))
    assert "token+of" not in shown
    assert parse(request).signature not in shown
    assert '{"x":1}' not in shown


@pytest.mark.parametrize("offset", [-300, -299, 0, 299, 300])
def test_a_clock_within_five_minutes_is_accepted(offset: int) -> None:
    """SIG-02"""
    check(signed(at=NOON + offset))


@pytest.mark.parametrize("offset", [-360, -301, -86_400])
def test_an_old_signature_has_expired(offset: int) -> None:
    """SIG-02"""
    at = NOON + offset
    refused = refusal(signed(at=at))
    assert refused.refusal is Refusal.BAD_SIGNATURE
    assert refused.message.startswith("Signature expired: ")
    assert refused.message.endswith(" - 5 min.)")


def test_the_words_of_an_expired_signature() -> None:
    """SIG-02"""
    request = signed(at=1_440_938_160.0)
    with pytest.raises(Refused) as caught:
        verify(request, parse(request), SECRET, service=SERVICE, now=1_440_938_461.5)
    assert caught.value.message == (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
        "(20150830T124101Z - 5 min.)"
    )


@pytest.mark.parametrize("offset", [301, 360, 86_400])
def test_a_signature_of_the_future_is_not_yet_current(offset: int) -> None:
    """SIG-02"""
    refused = refusal(signed(at=NOON + offset))
    assert refused.message.startswith("Signature not yet current: ")
    assert " is still later than " in refused.message
    assert refused.message.endswith(" + 5 min.)")


def test_the_window_crosses_midnight() -> None:
    """SIG-02"""
    midnight = NOON + 43_200
    check(signed(at=midnight - 120), now=midnight + 120)
    check(signed(at=midnight + 120), now=midnight - 120)


@pytest.mark.parametrize(
    "stated",
    [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        hashlib.sha256(b"other").hexdigest(),
        hashlib.sha256(b"{}").hexdigest().upper(),
        "",
    ],
)
def test_a_payload_hash_other_than_that_of_the_body_is_refused(stated: str) -> None:
    """SIG-02: botocore signs whatever hash the header states."""
    request = signed(headers={"X-Amz-Content-Sha256": stated})
    assert refusal(request).refusal is Refusal.BAD_SIGNATURE


def test_a_presigned_request_cannot_state_an_unsigned_payload() -> None:
    """SIG-02"""
    params = [("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")]
    request = signed("GET", params=params, body=b"", presigned_for=60)
    assert refusal(request).message == MISMATCH


@pytest.mark.parametrize(
    "alter",
    [
        str.upper,
        lambda signature: signature[:-1],
        lambda signature: signature + "0",
        lambda signature: signature[:-1] + "g",
        lambda signature: "0" * 64,
        lambda signature: "\u0660" * 64,
        lambda signature: signature[:-1] + " ",
        lambda signature: signature + signature,
    ],
)
def test_only_the_exact_64_lower_case_digits_are_a_signature(alter: object) -> None:
    """SIG-10"""
    request = rich()
    claim = parse(request)
    assert callable(alter)
    altered = replace(claim, signature=alter(claim.signature))
    with pytest.raises(Refused) as caught:
        verify(request, altered, SECRET, service=SERVICE, now=NOON)
    assert caught.value.message == MISMATCH


def test_a_presigned_request_lasts_as_long_as_it_says() -> None:
    """SIG-06"""
    request = signed("GET", body=b"", presigned_for=90)
    check(request, now=NOON + 90)
    check(request, now=NOON - 300)
    refused = refusal(request, now=NOON + 91)
    assert refused.message.startswith("Signature expired: ")
    assert refused.message.endswith(" - 90 sec.)")
    assert refusal(request, now=NOON - 301).message.startswith("Signature not yet current: ")


def test_a_presigned_request_that_does_not_say_lasts_a_quarter_of_an_hour() -> None:
    """SIG-06: so the AWS SDK for Go presigns."""
    request = signed("GET", body=b"", presigned_for=UNSAID)
    assert "X-Amz-Expires" not in request.query
    check(request, now=NOON + 900)
    assert refusal(request, now=NOON + 901).message.endswith(" - 15 min.)")


@pytest.mark.parametrize(
    "part", ["X-Amz-Date=2", "X-Amz-Expires=90", "eu-west-1", "host", "X-Amz-Credential=AKIA"]
)
def test_an_altered_parameter_of_a_presigned_request_is_refused(part: str) -> None:
    """SIG-05, SIG-06"""
    request = signed("GET", body=b"", presigned_for=90)
    assert part in request.query
    if part == "X-Amz-Credential=AKIA":
        altered = request.query.replace("aws4_request", "aws4_reques")
    else:
        altered = request.query.replace(part, part[:-1] + ("1" if part[-1] != "1" else "2"))
    refusal(replace(request, query=altered))


def test_a_body_under_a_presigned_get_is_refused() -> None:
    request = signed("GET", body=b"", presigned_for=90)
    assert refusal(replace(request, body=b"x")).message == MISMATCH
