"""What an SMS gateway is sent: the body of one POST, by template. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode
from xml.sax.saxutils import escape

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

_PLACE = re.compile(r"\{(recipient|text|sender|id)\}")
_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


@dataclass(frozen=True, slots=True)
class Text:
    """One text message. `id` is the same each time it is tried."""

    id: str
    recipient: str
    text: str
    sender: str


@dataclass(frozen=True, slots=True)
class Template:
    """`body` writes a message as `content_type`."""

    content_type: str
    body: Callable[[Text], str]


def is_number(text: str) -> bool:
    """E.164, in ASCII digits."""
    return _E164.fullmatch(text) is not None


def template(name: str) -> Template:
    """`json`, `form` or `sns`, else a body of one's own, whose kind shows in how it begins."""
    if name in _KNOWN:
        return _KNOWN[name]
    start = name.lstrip()
    if start.startswith(("{", "[")) and not _PLACE.match(start):
        return _own(name, JSON, lambda value: json.dumps(value)[1:-1])
    if start.startswith("<"):
        quotes = {'"': "&quot;", "'": "&apos;"}
        return _own(name, XML, lambda value: escape(_NO_XML.sub(" ", value), quotes))
    if "=" in start.partition("{")[0] and not re.search(r"\s", start):
        return _own(name, FORM, quote_plus)
    return _own(name, TEXT, str)


def _own(body: str, content_type: str, escaped: Callable[[str], str]) -> Template:
    def written(text: Text) -> str:
        return _PLACE.sub(lambda found: escaped(getattr(text, found[1])), body)

    return Template(content_type, written)


def _json(text: Text) -> str:
    sender = {"from": text.sender} if text.sender else {}
    said = {"id": text.id, "to": text.recipient, **sender, "text": text.text}
    return json.dumps(said, ensure_ascii=False)


def _form(text: Text) -> str:
    """As "Create a Message" of Twilio's API, which others serve too."""
    service = _SERVICE.fullmatch(text.sender)
    sender = {"MessagingServiceSid" if service else "From": text.sender} if text.sender else {}
    return urlencode({"To": text.recipient, **sender, "Body": text.text})


def _sns(text: Text) -> str:
    """`Publish` of Amazon SNS, query protocol, version 2010-03-31."""
    attributes = {"AWS.SNS.SMS.SMSType": "Transactional"}
    if text.sender:
        number = text.sender[:1].isdigit() or text.sender.startswith("+")
        attributes["AWS.MM.SMS.OriginationNumber" if number else "AWS.SNS.SMS.SenderID"] = (
            text.sender
        )
    fields = {"Action": "Publish", "Version": "2010-03-31"}
    fields |= {"PhoneNumber": text.recipient, "Message": text.text}
    for number_of, (name, value) in enumerate(attributes.items(), 1):
        entry = f"MessageAttributes.entry.{number_of}"
        fields[f"{entry}.Name"] = name
        fields[f"{entry}.Value.DataType"] = "String"
        fields[f"{entry}.Value.StringValue"] = value
    return urlencode(fields)


_KNOWN = {"json": Template(JSON, _json), "form": Template(FORM, _form), "sns": Template(FORM, _sns)}
