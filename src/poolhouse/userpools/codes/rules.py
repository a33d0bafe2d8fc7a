"""What a code is for, how long it lives, and when it is still good.

Source: "Confirmation code expiry" of SignUp, ForgotPassword and VerifyUserAttribute, API pages.
"""

from __future__ import annotations

from poolhouse.userpools.codes.rows import Code
from poolhouse.userpools.users.rows import User

DIGITS = 6
# A code dies of this many guesses; a new one does not begin anew before the hour is over.
MOST_GUESSES = 10
GUESSES_FORGOTTEN_AFTER = 3600.0

SIGN_UP = "sign up"
RESET = "reset password"
_VERIFY = "verify "

_DAY = 86_400.0
_HOUR = 3600.0


def verify(attribute: str) -> str:
    """The purpose of proving an attribute: one outstanding code for each."""
    return _VERIFY + attribute


def lifetime(purpose: str) -> float:
    """Seconds that a code of this purpose can be redeemed."""
    return _HOUR if purpose == RESET else _DAY


def void(code: Code) -> bool:
    """Too many guesses were made at it."""
    return code.guesses > MOST_GUESSES


def good(code: Code, user: User, now: float) -> bool:
    """Whether the right code may still be redeemed: in time, and the user's attribute is what it
    was when the code was sent. A reset also needs it to be verified still."""
    if not code.mac or code.expires_at <= now or void(code):
        return False
    if user.attributes.get(code.attribute, "") != code.basis:
        return False
    return code.purpose != RESET or user.verified(code.attribute)
