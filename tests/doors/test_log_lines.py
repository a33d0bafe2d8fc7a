from __future__ import annotations

import json
import logging
import sys

import pytest

from poolhouse.logs import JsonLines, Readable

NASTY = {
    "new line": "a\r\n2026-01-01T00:00:00.000Z info request forged=1",
    "escape sequence": "\x1b[2J\x1b]0;title\x07",
    "eight-bit escape": "\x9b31m\x84\x85\x7f",
    "direction": "\u202egnp.exe\u2066\u200f",
    "separators": "\u2028\u2029\u0085\x0b\x0c\x1c",
    "break out": '","level":"error","message":"forged',
    "template": "%s %(levelname)s {0} {record}",
    "half a pair": "\ud800 \udfff",
    "null": "\x00",
    "words": "ann status=200 ip=6.6.6.6",
    "astral": "𝔭𝔬𝔬𝔩 \U000e0001",
}


def record(message: str, error: BaseException | None = None, **fields: object) -> logging.LogRecord:
    caught = (type(error), error, error.__traceback__) if error else None
    made = logging.getLogger("test").makeRecord(
        "poolhouse.test", logging.INFO, "file.py", 1, message, (), caught, None, fields
    )
    made.created, made.msecs = 1767225600.0, 7
    return made


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_a_json_line_is_one_line_that_reads_back_as_it_was(text: str) -> None:
    """LOG-02: wherever the text stands."""
    error = ValueError(text)
    line = JsonLines().format(record(text, error, user=text, nested={"name": [text]}))
    assert line.isprintable()
    assert len(line.splitlines()) == 1
    read = json.loads(line)
    assert read["message"] == text
    assert read["user"] == text
    assert read["nested"] == {"name": [text]}
    assert text in read["exception"]
    assert (read["level"], read["time"]) == ("info", "2026-01-01T00:00:00.007Z")


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_a_readable_line_is_one_line_and_shows_what_does_not_print(text: str) -> None:
    """LOG-02"""
    line = Readable().format(record("said", user=text, ip="127.0.0.1"))
    assert line.isprintable()
    assert len(line.splitlines()) == 1
    assert line.startswith("2026-01-01T00:00:00.007Z info said user=")
    assert line.endswith(" ip=127.0.0.1")


def test_a_field_with_spaces_cannot_be_taken_for_several() -> None:
    """LOG-02"""
    line = Readable().format(record("said", user='ann" status=200'))
    assert line.endswith(r' said user="ann\" status=200"')


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_no_line_of_an_exception_begins_like_a_line_of_its_own(text: str) -> None:
    """LOG-02: an error's text may quote the request."""
    try:
        raise ValueError(text)
    except ValueError:
        error = sys.exc_info()[1]
    first, *others = Readable().format(record("failed", error)).split("\n")
    assert first.endswith("info failed")
    assert others
    for line in others:
        assert line.startswith("  ")
        assert line.isprintable()


def test_a_value_that_is_no_json_is_written_as_its_text() -> None:
    line = JsonLines().format(record("said", path=ValueError("x"), number=1.5, nothing=None))
    read = json.loads(line)
    assert (read["path"], read["number"], read["nothing"]) == ("x", 1.5, None)
