"""Signed requests through the whole server, altered as a thief would alter them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import quote

import pytest

from poolhouse.access.dates import seconds_of
from tests.access.signing import UNSAID
from tests.iam.people import ROOT, admin, allow, assume, role, session_keys, trust, user
from tests.iam.signing import ROOT_KEYS, Answered, Signing, Wire, json_call, query, signed
from tests.support.house import ENDPOINT, ROOT_KEY, ROOT_SECRET, TestHouse

MINUTE = 60.0
REFUSED = {
    "IncompleteSignature", "IncompleteSignatureException",
    "SignatureDoesNotMatch", "InvalidSignatureException",
}  # fmt: skip


def idp(house: TestHouse, **how: object) -> Signing:
    return Signing(ROOT_KEYS, house.clock.now(), "cognito-idp", **how)  # type: ignore[arg-type]


def sts(house: TestHouse, **how: object) -> Signing:
    return Signing(ROOT_KEYS, house.clock.now(), "sts", **how)  # type: ignore[arg-type]


def list_pools(wanted: Signing) -> Wire:
    return json_call(wanted, "ListUserPools", MaxResults=1)


def who(wanted: Signing) -> Wire:
    return query(wanted, "GetCallerIdentity")


def with_session(house: TestHouse, wanted: Signing) -> Signing:
    token = session_keys(house.client("sts").get_session_token())
    return Signing(token, wanted.at, wanted.service, unsigned=wanted.unsigned)


@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-target", "x-amz-security-token"])
def test_a_header_left_out_of_the_signature_is_refused(house: TestHouse, name: str) -> None:
    """SIG-01"""
    wanted = with_session(house, idp(house))
    assert list_pools(wanted).send(house).status == 200
    answer = list_pools(replace(wanted, unsigned=frozenset([name]))).send(house)
    assert (answer.status, answer.code) == (400, "IncompleteSignatureException")


def test_a_signed_header_that_is_altered_added_or_taken_away_is_refused(house: TestHouse) -> None:
    """SIG-01"""
    captured = list_pools(with_session(house, idp(house)))
    altered = {
        "host": "elsewhere.test",
        "x-amz-date": captured.header("x-amz-date").replace("Z", "0Z")[-16:],
        "x-amz-target": "AWSCognitoIdentityProviderService.CreateUserPool",
        "x-amz-security-token": captured.header("x-amz-security-token")[:-4],
        "content-type": "application/json",
    }
    for name, value in altered.items():
        for given in (value, None) if name != "host" else (value,):
            answer = captured.with_header(name, given).send(house)
            assert answer.status == 400, (name, given)
            assert answer.code in REFUSED | {"UnrecognizedClientException", "InvalidAction"}
    for name in ("x-amz-other", "x-amz-content-sha256"):
        assert captured.with_header(name, "1").send(house).code in REFUSED
    assert captured.send(house).status == 200


def test_a_form_cannot_be_turned_into_another_services_call(house: TestHouse) -> None:
    """SIG-01"""
    captured = who(sts(house))
    target = "AWSCognitoIdentityProviderService.ListUserPools"
    answer = captured.with_header("x-amz-target", target).send(house)
    assert (answer.status, answer.code) == (400, "IncompleteSignatureException")
    assert captured.send(house).status == 200


def test_headers_that_mean_nothing_may_be_left_out(house: TestHouse) -> None:
    """SIG-01"""
    captured = list_pools(idp(house, unsigned=frozenset(["content-type"])))
    for name in ("x-amz-user-agent", "x-amzn-trace-id", "user-agent", "accept"):
        captured = captured.with_header(name, "anything")
    assert captured.send(house).status == 200
    odd = captured.with_header("content-type", "application/x-www-form-urlencoded; charset=latin")
    assert odd.send(house).code == "IncompleteSignatureException"


def test_a_body_of_other_bytes_is_refused(house: TestHouse) -> None:
    """SIG-02"""
    for captured in (list_pools(idp(house)), who(sts(house))):
        for place in (0, len(captured.body) // 2, len(captured.body) - 1):
            flipped = bytearray(captured.body)
            flipped[place] ^= 1
            answer = _with_body(captured, bytes(flipped)).send(house)
            assert answer.code in REFUSED | {"InvalidAction"}
        for body in (b"", captured.body + b" ", captured.body[:-1]):
            answer = _with_body(captured, body).send(house)
            assert answer.code in REFUSED | {"InvalidAction"}
        assert captured.send(house).status == 200


@pytest.mark.parametrize(
    "stated",
    [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        hashlib.sha256(b"other").hexdigest(),
        "",
    ],
)
def test_a_body_that_is_not_covered_is_refused(sqlite_house: TestHouse, stated: str) -> None:
    """SIG-02"""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools",
        "X-Amz-Content-SHA256": stated,
    }
    answer = signed(idp(sqlite_house), b'{"MaxResults":1}', headers).send(sqlite_house)
    assert (answer.status, answer.code) == (400, "InvalidSignatureException")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(-6, "Signature expired"), (-4.9, ""), (0, ""), (4.9, ""), (6, "Signature not yet current")],
)
def test_a_request_is_good_for_five_minutes(house: TestHouse, minutes: float, words: str) -> None:
    """SIG-02"""
    at = house.clock.now() + minutes * MINUTE
    json_answer = list_pools(Signing(ROOT_KEYS, at, "cognito-idp")).send(house)
    xml_answer = who(Signing(ROOT_KEYS, at, "sts")).send(house)
    if not words:
        assert (json_answer.status, xml_answer.status) == (200, 200)
        return
    assert (json_answer.status, json_answer.code) == (400, "InvalidSignatureException")
    assert (xml_answer.status, xml_answer.code) == (403, "SignatureDoesNotMatch")
    assert words in json_answer.message
    assert words in xml_answer.message


def test_a_request_from_before_midnight_is_good_after_it(house: TestHouse) -> None:
    """SIG-02"""
    now = house.clock.now()
    house.clock.step(86_400 - now % 86_400 + 30)
    at = house.clock.now() - 60
    assert list_pools(Signing(ROOT_KEYS, at, "cognito-idp")).send(house).status == 200
    today = list_pools(idp(house))
    yesterday = list_pools(Signing(ROOT_KEYS, at, "cognito-idp"))
    mixed = today.with_header("authorization", yesterday.header("authorization"))
    assert mixed.send(house).code == "InvalidSignatureException"


def test_every_part_of_the_scope_counts(sqlite_house: TestHouse) -> None:
    """SIG-07"""
    captured = list_pools(idp(sqlite_house))
    scope = captured.header("authorization").split("Credential=")[1].split(",")[0]
    key_id, date, region, service, term = scope.split("/")
    changes: dict[str, tuple[str, str]] = {
        "region": (f"/{region}/", "/eu-west-1/"),
        "date": (f"/{date}/", f"/{int(date) - 1}/"),
        "service": (f"/{service}/", "/cognito-identity/"),
        "terminator": (f"/{term}", "/aws4_requests"),
        "no terminator": (f"/{term}", ""),
        "key id": (key_id, key_id.lower()),
    }
    codes = {
        name: captured.with_part(*change).send(sqlite_house).code
        for name, change in changes.items()
    }
    assert codes == {
        "region": "InvalidSignatureException",
        "date": "InvalidSignatureException",
        "service": "InvalidSignatureException",
        "terminator": "InvalidSignatureException",
        "no terminator": "IncompleteSignatureException",
        "key id": "UnrecognizedClientException",
    }


def test_a_signature_for_another_service_is_refused_however_well_made(
    sqlite_house: TestHouse,
) -> None:
    """SIG-07"""
    now = sqlite_house.clock.now()
    answer = list_pools(Signing(ROOT_KEYS, now, "cognito-identity")).send(sqlite_house)
    assert answer.code == "InvalidSignatureException"
    assert "correct service: 'cognito-idp'" in answer.message
    wrong = query(Signing(ROOT_KEYS, now, "iam"), "GetCallerIdentity", Version="2011-06-15")
    assert wrong.send(sqlite_house).code == "SignatureDoesNotMatch"


def test_a_session_token_belongs_to_its_key_alone(house: TestHouse) -> None:
    """SIG-08"""
    keys = user(house, "ann")
    arn = role(house, "r", trust({"AWS": ROOT}), allow("*"))
    admin(house).put_user_policy(
        UserName="ann", PolicyName="p",
        PolicyDocument='{"Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}',
    )  # fmt: skip
    first, second = assume(house, keys, arn, "one"), assume(house, keys, arn, "two")

    def sent(made: dict[str, str]) -> tuple[int, str]:
        answer = who(Signing(made, house.clock.now(), "sts")).send(house)
        return answer.status, answer.code

    assert sent(first) == (200, "")
    token = first["aws_session_token"]
    middle = len(token) // 2
    swapped = "A" if token[middle] != "A" else "B"
    bad = {
        "of another session": second["aws_session_token"],
        "trimmed": token[:-1],
        "trimmed by a group": token[:-4],
        "lengthened": token + "AAAA",
        "altered": token[:middle] + swapped + token[middle + 1 :],
        "not one at all": "IQoJb3JpZ2lu",
        "of no alphabet": token[:-2] + "~~",
    }
    for how, given in bad.items():
        assert sent({**first, "aws_session_token": given}) == (403, "InvalidClientTokenId"), how
    without = {name: value for name, value in first.items() if name != "aws_session_token"}
    assert sent(without) == (403, "InvalidClientTokenId")
    assert sent({**keys, "aws_session_token": token}) == (403, "InvalidClientTokenId")
    assert sent({**ROOT_KEYS, "aws_session_token": token}) == (403, "InvalidClientTokenId")
    wrong_secret = {**first, "aws_secret_access_key": second["aws_secret_access_key"]}
    assert sent(wrong_secret) == (403, "SignatureDoesNotMatch")


def test_a_session_ends_when_it_was_said_to(house: TestHouse) -> None:
    """SIG-08"""
    made = house.client("sts").get_session_token(DurationSeconds=900)
    keys, ends = session_keys(made), made["Credentials"]["Expiration"].timestamp()
    house.clock.step(ends - house.clock.now() - 2)
    assert who(Signing(keys, house.clock.now(), "sts")).send(house).status == 200
    house.clock.step(3)
    answer = who(Signing(keys, house.clock.now(), "sts")).send(house)
    assert (answer.status, answer.code) == (403, "ExpiredToken")
    answer = list_pools(Signing(keys, house.clock.now(), "cognito-idp")).send(house)
    assert (answer.status, answer.code) == (400, "ExpiredTokenException")
    stolen = {**keys, "aws_secret_access_key": "guessed"}
    answer = who(Signing(stolen, house.clock.now(), "sts")).send(house)
    assert answer.code == "SignatureDoesNotMatch"


def test_a_refusal_tells_nothing_of_what_was_signed(sqlite_house: TestHouse) -> None:
    """SIG-11"""
    bad = {**ROOT_KEYS, "aws_secret_access_key": "wrong"}
    unknown = {**bad, "aws_access_key_id": "AKIANOSUCH"}
    now = sqlite_house.clock.now()
    answers: list[Answered] = [
        list_pools(Signing(bad, now, "cognito-idp")).send(sqlite_house),
        who(Signing(bad, now, "sts")).send(sqlite_house),
        list_pools(Signing(unknown, now, "cognito-idp")).send(sqlite_house),
    ]
    told = [(answer.status, answer.code) for answer in answers]
    assert told == [
        (400, "InvalidSignatureException"),
        (403, "SignatureDoesNotMatch"),
        (400, "UnrecognizedClientException"),
    ]
    right = list_pools(Signing(ROOT_KEYS, now, "cognito-idp")).header("authorization")
    for answer in answers:
        assert right.rpartition("=")[2].encode() not in answer.body
        for part in (b"AWS4-HMAC-SHA256", b"x-amz-date", b"canonical", ROOT_SECRET.encode()):
            assert part not in answer.body


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_client_with_a_wrong_clock_learns_the_time_and_goes_on(
    sqlite_house: TestHouse, hours: int
) -> None:
    """SIG-12: SDKs take the code below for a wrong clock and the time from the Date header, which
    the web server sends; here the same time is read from the message."""
    wrong = sqlite_house.clock.now() + hours * 3600
    refusal = list_pools(Signing(ROOT_KEYS, wrong, "cognito-idp")).send(sqlite_house)
    assert (refusal.status, refusal.code) == (400, "InvalidSignatureException")
    xml = who(Signing(ROOT_KEYS, wrong, "sts")).send(sqlite_house)
    assert (xml.status, xml.code) == (403, "SignatureDoesNotMatch")
    assert b"<Type>Sender</Type>" in xml.body
    shown = seconds_of(refusal.message.rpartition("(")[2].split(" ")[0])
    assert shown is not None
    corrected = list_pools(Signing(ROOT_KEYS, wrong + (shown - wrong), "cognito-idp"))
    assert corrected.send(sqlite_house).status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer eyJhbGciOiJSUzI1NiJ9.e30.x",
        "Basic cm9vdDpyb290",
        f"AWS {ROOT_KEY}:c2lnbmF0dXJl",
        f"AWS3-HTTPS AWSAccessKeyId={ROOT_KEY},Algorithm=HmacSHA256,Signature=eA==",
        f"AWS4-ECDSA-P256-SHA256 Credential={ROOT_KEY}/20260101/sts/aws4_request",
        "AWS4-HMAC-SHA256",
        "",
        None,
    ],
)
def test_nothing_but_sigv4_signs(sqlite_house: TestHouse, authorization: str | None) -> None:
    """SIG-13"""
    for wire in (list_pools(idp(sqlite_house)), who(sts(sqlite_house))):
        answer = wire.with_header("authorization", authorization).send(sqlite_house)
        codes = REFUSED | {"MissingAuthenticationToken", "MissingAuthenticationTokenException"}
        assert answer.code in codes
        missing = authorization is None
        assert answer.code.startswith("MissingAuthentication") == missing


def test_the_old_signature_in_the_query_is_no_signature(sqlite_house: TestHouse) -> None:
    """SIG-13"""
    form = (
        f"Action=GetCallerIdentity&Version=2011-06-15&AWSAccessKeyId={ROOT_KEY}"
        "&SignatureVersion=2&SignatureMethod=HmacSHA256&Timestamp=2026-01-01T00%3A00%3A00Z"
        f"&Signature={quote('c2ln+/=', safe='')}"
    )
    for method, target, body in (("GET", f"/?{form}", b""), ("POST", "/", form.encode())):
        headers = (("host", ENDPOINT.partition("//")[2]),)
        answer = Wire(method, target, headers, body).send(sqlite_house)
        assert (answer.status, answer.code) == (403, "MissingAuthenticationToken")


@pytest.mark.parametrize(("method", "seconds"), [("GET", 3600), ("GET", UNSAID), ("POST", 3600)])
def test_a_presigned_request_can_say_who_signed_it_and_no_more(
    house: TestHouse, method: str, seconds: int
) -> None:
    """SIG-06: its time may be a week, in which anyone who sees the address may send it. The AWS SDK
    for Python presigns a POST unless it is told otherwise."""

    def presigned(keys: dict[str, str], form: str, service: str = "sts") -> Answered:
        wanted = Signing(keys, house.clock.now(), service)
        wire = signed(wanted, b"", {}, method=method, target=f"/?{form}", presigned_for=seconds)
        return wire.send(house)

    identity = "Action=GetCallerIdentity&Version=2011-06-15"
    assert presigned(ROOT_KEYS, identity).status == 200
    keys = user(house, "ann", allow("*"))
    arn = role(house, "r", trust({"AWS": f"{ROOT[:-4]}user/ann"}), allow("*"))
    assert presigned(keys, identity).status == 200
    session = "Action=GetSessionToken&Version=2011-06-15"
    assumed = f"Action=AssumeRole&Version=2011-06-15&RoleArn={quote(arn, safe='')}"
    for given in (keys, ROOT_KEYS):
        for form in (session, f"{assumed}&RoleSessionName=name"):
            assert presigned(given, form).code == "AccessDenied"
        made = presigned(given, "Action=CreateUser&Version=2010-05-08&UserName=eve", "iam")
        assert made.code == "AccessDenied"


def test_a_large_body_is_turned_away_before_it_is_hashed(sqlite_house: TestHouse) -> None:
    """SIG-14"""
    wire = list_pools(idp(sqlite_house))
    large = Wire(wire.method, wire.target, wire.headers, b" " * (1024 * 1024 + 1))
    assert large.send(sqlite_house).status == 413
    announced = wire.with_header("content-length", str(100 * 1024 * 1024))
    assert announced.send(sqlite_house).status == 413


def _with_body(wire: Wire, body: bytes) -> Wire:
    headers = tuple(pair for pair in wire.headers if pair[0] != "content-length")
    return Wire(wire.method, wire.target, headers, body)
