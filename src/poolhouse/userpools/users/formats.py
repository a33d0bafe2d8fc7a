"""What an e-mail address and a telephone number look like."""

from __future__ import annotations

import re

MOST_OF_EMAIL = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
MOST_OF_LOCAL_PART = 64

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_PHONE_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}")


def is_email(text: str) -> bool:
    """One address in the plain form of RFC 5321: no quoting, no comment, no control character.
    A domain of other scripts is written in its IDNA form, as it travels."""
    if len(text) > MOST_OF_EMAIL or text.find("@") > MOST_OF_LOCAL_PART:
        return False
    return _EMAIL.fullmatch(text) is not None


def is_phone_number(text: str) -> bool:
    """E.164: a plus sign, the country code and the number, 15 digits at most."""
    return _PHONE_NUMBER.fullmatch(text) is not None
