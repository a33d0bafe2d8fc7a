"""How much is allowed in an hour.

Source: "Quotas in Amazon Cognito", limits on failed and repeated requests of one user; those on
messages are this server's own, against floods of mail through public operations.
"""

from __future__ import annotations

from dataclasses import dataclass

HOUR = 3600.0
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` uses of `action` by one subject, counted from the first, in `seconds`."""

    action: str
    most: int
    seconds: float = HOUR


CONFIRM_SIGN_UP = Limit("ConfirmSignUp", 15)
RESEND = Limit("ResendConfirmationCode", 5)
CHANGE_PASSWORD = Limit("ChangePassword", 5)
GET_ATTRIBUTE_CODE = Limit("GetUserAttributeVerificationCode", 5)
VERIFY_ATTRIBUTE = Limit("VerifyUserAttribute", 15)
# Cognito allows 5 to 20 of both together, by risk.
FORGOT_PASSWORD = Limit("ForgotPassword", 8)
CONFIRM_FORGOT_PASSWORD = Limit("ConfirmForgotPassword", 12)

MESSAGES_OF_A_USER = Limit("messages of a user", 30)
MESSAGES_TO_AN_ADDRESS = Limit("messages to an address", 30)
MESSAGES_BY_A_PEER = Limit("messages by a peer", 5000)
DAILY = "text messages of a pool"


def messages_of_a_pool(most: int) -> Limit:
    """Of all who may ask in public; the operator's to set."""
    return Limit("messages of a pool", most)


def texts_of_a_pool(most: int) -> Limit:
    """Text messages cost, and some earn by them (SMS pumping): counted by the day."""
    return Limit(DAILY, most, DAY)
