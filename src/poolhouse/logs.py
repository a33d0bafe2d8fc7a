"""Log lines: JSON for machines, or one readable line.

Whatever does not print (control characters, escape sequences, line separators, marks that turn
the direction of writing) is escaped in both, in messages, fields and exceptions alike.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from poolhouse.settings import Settings

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_encode = msgspec.json.Encoder(enc_hook=str).encode


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {k: v for k, v in vars(record).items() if k not in _STANDARD}


def _when(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


@lru_cache(maxsize=4)
def _second(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            text = _encode(line).decode()
        except UnicodeEncodeError:  # half of a surrogate pair
            return json.dumps(line, default=str)
        return text if text.isprintable() else "".join(map(_escaped, text))


class Readable(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        parts = [_when(record), record.levelname.lower(), record.getMessage()]
        parts += [f"{name}={_worded(value)}" for name, value in _fields(record).items()]
        lines = [" ".join(parts)]
        if record.exc_info:
            lines += [f"  {line}" for line in self.formatException(record.exc_info).splitlines()]
        return "\n".join(line if line.isprintable() else _plain(line) for line in lines)


def _worded(value: object) -> str:
    """Quoted where it could be taken for several fields."""
    text = value if isinstance(value, str) else str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or '"' in text else text


def _plain(line: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def _escaped(character: str) -> str:
    """As JSON writes it within a string, which is the only place for what does not print."""
    return character if character.isprintable() else json.dumps(character)[1:-1]


def set_up(settings: Settings) -> None:
    """Sends every logger's lines to standard error, in the format of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else Readable())
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    logging.raiseExceptions = False
    _leave_out_what_no_line_tells()
    # The HTTP client tells whole URLs, which may hold a key.
    for noisy in ("uvicorn", "uvicorn.error", "asyncio", "alembic", "httpx2", "httpcore2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _leave_out_what_no_line_tells() -> None:
    """The caller's file, thread and process cost a third of a line ("Optimization", Logging
    HOWTO)."""
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
