"""The two notations of time in a signed request, read strictly."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_AMZ_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|[+-]0000)"
)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def seconds_of(amz_date: str) -> float | None:
    """Epoch seconds of `20150830T123600Z`, or None where it is not one."""
    if not _AMZ_DATE.fullmatch(amz_date):
        return None
    year, month, day = amz_date[:4], amz_date[4:6], amz_date[6:8]
    hour, minute, second = amz_date[9:11], amz_date[11:13], amz_date[13:15]
    return _seconds(year, int(month), day, hour, minute, second)


def http_date_of(text: str) -> float | None:
    """Epoch seconds of an RFC 1123 date in UTC, or None. Some signers write `-0000` for GMT."""
    found = _HTTP_DATE.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    return _seconds(found[3], _MONTHS.index(found[2]) + 1, found[1], found[4], found[5], found[6])


def amz_date_of(seconds: float) -> str:
    """`20150830T123600Z`; fractions of a second are cut off."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y%m%dT%H%M%SZ")


def _seconds(year: str, month: int, day: str, hour: str, minute: str, second: str) -> float | None:
    try:
        moment = datetime(
            int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    except ValueError:
        return None
    return moment.timestamp()
