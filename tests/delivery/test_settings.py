"""Settings of mail and text messages that cannot work are refused, and never told."""

from __future__ import annotations

import pytest

from poolhouse.settings import BadSettings, load


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("sms_url", "sesame", "must begin with https:// or http://"),
        ("sms_url", "ftp://u:sesame@h/", "must begin with https:// or http://"),
        ("sms_url", "https://u:sesame@h:99999/", "must begin with https:// or http://"),
        ("sms_url", "https://u:sesame@[h/", "must begin with https:// or http://"),
        ("smtp_url", "smtp://u:sesame@h:port", "must begin with smtp:// or smtps://"),
        ("smtp_url", "smtp://u:sesame\u2100@h", "must begin with smtp:// or smtps://"),
        ("sms_template", "twilio", "must be json, form, sns, or hold {recipient} and {text}"),
        ("sms_template", '{"to": {recipient}, "m": "{text}"}', "begins like JSON, but is none"),
        ("sms_headers", '{"a": sesame}', "is not a JSON object"),
        ("sms_headers", '{"a": ["sesame"]}', "not one line of ASCII"),
        ("sms_headers", "X-Key: sésame", "not one line of ASCII"),
        ("sms_headers", "sesame key: x", "a name that is no header's"),
        ("sms_headers", "Host: sesame", "or that this server sets itself"),
        ("sms_from", "x\r\ny: sesame", "String should match pattern"),
        ("sms_prefixes", "49", "must be beginnings of numbers"),
        ("sms_access_key_id", "AKID", "are set together or not"),
        ("mail_from", "sesame", "must be an address"),
        ("mail_from", "a@b.c, sesame@d.e", "must be an address"),
        ("mail_from", "a@b.c\r\nBcc: sesame@d.e", "must be an address"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_untold(name: str, value: str, sentence: str) -> None:
    """REL-22, EXT-05"""
    with pytest.raises(BadSettings) as refused:
        load({}, **{name: value})
    assert sentence in str(refused.value)
    assert name.upper() in str(refused.value)
    assert "sesame" not in str(refused.value)


def test_headers_are_read_from_lines_json_and_tables() -> None:
    wanted = {"X-Key": "a: b", "Accept": "*/*"}
    for given in (
        "X-Key: a: b\n Accept : */* \n\n",
        '{"X-Key": "a: b", "Accept": "*/*"}',
        wanted,
    ):
        read = load({}, sms_headers=given)
        assert {name: value.get_secret_value() for name, value in read.sms_headers} == wanted
        assert "a: b" not in repr(read)
