"""The gateway: text messages by HTTP, a POST each."""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from poolhouse.access.dates import http_date_of
from poolhouse.delivery.bodies import Template, Text, is_number, template
from poolhouse.delivery.letters import SMS, Letter
from poolhouse.delivery.signature import Signer
from poolhouse.delivery.troubles import Undelivered
from poolhouse.settings import Settings

if TYPE_CHECKING:
    import httpx2

TIMEOUT = 10.0
"""Seconds that any one step of a request may take."""
MOST_READ = 64 * 1024
"""Octets of an answer that are taken before the line is closed. None of them matters."""

_MOST_READS = 4
_AGAIN = frozenset({408, 425, 429})
_BUSY = frozenset({429, 503})
_REGION = re.compile(r"sns\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where texts are handed in. `url` has no password in it, but may have a key in its query."""

    url: str = field(repr=False)
    host: str
    user: str = ""
    password: str = field(default="", repr=False)


def place_of(url: str) -> Place:
    """Reads `https://user:password@host/path`."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Place(bare, parts.hostname or "", user, password)


def gateway_of(
    settings: Settings, *, tls: ssl.SSLContext | None = None, timeout: float = TIMEOUT
) -> Gateway | None:
    """The gateway of the settings; None where they name none."""
    if settings.sms_url is None:
        return None
    place, signer = place_of(settings.sms_url.get_secret_value()), None
    key, secret = settings.sms_access_key_id, settings.sms_secret_access_key
    if settings.sms_template == "sns" and key and secret:
        found = _REGION.fullmatch(place.host)
        region = found[1] if found else settings.region
        signer = Signer(key, secret.get_secret_value(), region)
    return Gateway(
        place,
        template(settings.sms_template),
        sender=settings.sms_from,
        headers={name.lower(): value.get_secret_value() for name, value in settings.sms_headers},
        prefixes=settings.sms_prefixes,
        signer=signer,
        tls=tls,
        timeout=timeout,
    )


class Gateway:
    """Opens lines to one gateway. `prefixes`: numbers that begin otherwise are never texted."""

    medium = SMS

    def __init__(
        self,
        place: Place,
        template: Template,
        *,
        sender: str = "",
        headers: Mapping[str, str] | None = None,
        prefixes: Sequence[str] = (),
        signer: Signer | None = None,
        tls: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._place = place
        self._template = template
        self._sender = sender
        self._headers = {"content-type": template.content_type} | dict(headers or {})
        self._prefixes = tuple(prefixes)
        self._signer = signer
        self._tls = tls
        self._timeout = timeout

    @property
    def host(self) -> str:
        return self._place.host

    @property
    def in_clear(self) -> bool:
        return not self._place.url.startswith("https:")

    @contextlib.contextmanager
    def line(self) -> Iterator[TextLine]:
        """Connects with the first message."""
        with _troubles():
            client = self._client(with_login=True)
        with client:
            yield TextLine(self, client)

    def probe(self) -> None:
        """Asks whether somebody answers, with nothing secret. Raises Undelivered."""
        with _troubles(), self._client() as client, client.stream("HEAD", self._place.url):
            pass

    def request(self, client: httpx2.Client, text: Text, now: float) -> httpx2.Request:
        """What is sent for one message."""
        body = self._template.body(text).encode(errors="replace")
        headers = {"idempotency-key": text.id} | self._headers
        request = client.build_request("POST", self._place.url, headers=headers, content=body)
        if self._signer is not None:
            target = request.url.raw_path.decode("ascii")
            named = {name.lower(): value for name, value in request.headers.items()}
            request.headers.update(self._signer.headers(target, named, body, now))
        return request

    def addressed(self, letter: Letter, message_id: str) -> Text:
        """Raises Undelivered where the number is none, or none that may be texted."""
        if not is_number(letter.recipient):
            raise Undelivered("The recipient is no phone number.", for_good=True)
        if self._prefixes and not letter.recipient.startswith(self._prefixes):
            trouble = "The number begins with none of POOLHOUSE_SMS_PREFIXES."
            raise Undelivered(trouble, for_good=True)
        return Text(message_id, letter.recipient, letter.text, self._sender)

    def _client(self, *, with_login: bool = False) -> httpx2.Client:
        import httpx2

        login = (self._place.user, self._place.password)
        return httpx2.Client(
            auth=login if with_login and any(login) else None,
            headers={"user-agent": "poolhouse"},
            verify=True if self._tls is None else self._tls,
            follow_redirects=False,
            timeout=self._timeout,
        )


class TextLine:
    """An open connection to the gateway, for several messages in a row."""

    def __init__(self, gateway: Gateway, client: httpx2.Client) -> None:
        self._gateway = gateway
        self._client = client

    def send(self, letter: Letter, message_id: str, now: float) -> None:
        """Raises Undelivered."""
        text = self._gateway.addressed(letter, message_id)
        with _troubles():
            request = self._gateway.request(self._client, text, now)
            response = self._client.send(request, stream=True)
        with contextlib.closing(response):
            _judge(response.status_code, response.headers.get("retry-after"), now)
            _drain(response)


def _judge(status: int, retry_after: str | None, now: float) -> None:
    """2xx: it was taken. Of the rest only what the request itself is blamed for is for good."""
    if 200 <= status < 300:
        return
    raise Undelivered(
        f"The gateway answered {status}",
        for_good=400 <= status < 500 and status not in _AGAIN,
        after=_seconds(retry_after, now),
        whole=status in _BUSY,
    )


def _seconds(retry_after: str | None, now: float) -> float | None:
    """Of a Retry-After header, RFC 9110, 10.2.3."""
    if retry_after is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        return float(retry_after)
    date = http_date_of(retry_after)
    return None if date is None else max(date - now, 0.0)


def _drain(response: httpx2.Response) -> None:
    """Reads a short answer to its end, so that the connection can be used again."""
    import httpx2

    taken = 0
    with contextlib.suppress(httpx2.HTTPError, OSError):
        for reads, chunk in enumerate(response.iter_raw(), 1):
            taken += len(chunk)
            if taken > MOST_READ or reads >= _MOST_READS:
                return


@contextlib.contextmanager
def _troubles() -> Iterator[None]:
    """Tells what failed by its name alone: the words may hold the URL, and a key in it."""
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        if _untrusted(error):
            trouble = "The gateway's certificate is not trusted."
            raise Undelivered(trouble, whole=True) from None
        name = type(error).__name__
        raise Undelivered(f"The gateway failed: {name}", whole=True) from None


def _untrusted(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
