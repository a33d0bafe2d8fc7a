"""The strict reading of what functions answer: whatever is not as it should be lets nobody in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from poolhouse.contract import cognito_idp as idp

Response = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SignUpSay:
    confirm: bool = False
    verify_email: bool = False
    verify_phone: bool = False


@dataclass(frozen=True, slots=True)
class Defined:
    """DefineAuthChallenge's decision. Where it says both, it failed."""

    challenge_name: str | None
    issue_tokens: bool
    fail_authentication: bool


@dataclass(frozen=True, slots=True)
class Created:
    public: dict[str, str]
    private: dict[str, str] = field(repr=False)
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class Migrated:
    attributes: dict[str, str]
    status: str
    welcomed_by: tuple[str, ...]
    force_alias: bool
    sms_mfa: bool


@dataclass(frozen=True, slots=True)
class Message:
    """What CustomMessage wants said; None where it says nothing about a part."""

    sms: str | None
    email: str | None
    subject: str | None


def unrecognizable() -> idp.InvalidLambdaResponseException:
    return idp.InvalidLambdaResponseException("Unrecognizable lambda output")


def flag(response: Response, name: str) -> bool:
    """A member that is true or false; left out or null means false."""
    value = response.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise unrecognizable()
    return value


def text(response: Response, name: str) -> str | None:
    value = response.get(name)
    if value is not None and not isinstance(value, str):
        raise unrecognizable()
    return value


def texts(response: Response, name: str) -> dict[str, str] | None:
    """A map of strings to strings."""
    value = response.get(name)
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise unrecognizable()
    return value


def listed(response: Response, name: str) -> list[str] | None:
    value = response.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise unrecognizable()
    return value


def table(response: Response, name: str) -> dict[str, Any] | None:
    value = response.get(name)
    if value is not None and not isinstance(value, dict):
        raise unrecognizable()
    return value


def defined(response: Response) -> Defined:
    return Defined(
        text(response, "challengeName"),
        flag(response, "issueTokens"),
        flag(response, "failAuthentication"),
    )


def created(response: Response) -> Created:
    return Created(
        texts(response, "publicChallengeParameters") or {},
        texts(response, "privateChallengeParameters") or {},
        text(response, "challengeMetadata"),
    )


def judged(response: Response) -> bool:
    """VerifyAuthChallengeResponse has to say true or false."""
    if not isinstance(response.get("answerCorrect"), bool):
        raise unrecognizable()
    return flag(response, "answerCorrect")


def signed_up(response: Response) -> SignUpSay:
    return SignUpSay(
        flag(response, "autoConfirmUser"),
        flag(response, "autoVerifyEmail"),
        flag(response, "autoVerifyPhone"),
    )


def migrated(response: Response) -> Migrated | None:
    """None where the function does not know the user either."""
    attributes = texts(response, "userAttributes")
    if attributes is None:
        return None
    status = text(response, "finalUserStatus") or "RESET_REQUIRED"
    if status not in ("CONFIRMED", "RESET_REQUIRED"):
        raise unrecognizable()
    return Migrated(
        attributes,
        status,
        _welcomed_by(response),
        flag(response, "forceAliasCreation"),
        flag(response, "enableSMSMFA"),
    )


def _welcomed_by(response: Response) -> tuple[str, ...]:
    """The media of the welcome: by SMS unless told otherwise, and one may be named by itself."""
    named = response.get("desiredDeliveryMediums")
    if isinstance(named, str):
        media = [named]
    else:
        media = listed(response, "desiredDeliveryMediums") or ["SMS"]
    if not {"SMS", "EMAIL"}.issuperset(media):
        raise unrecognizable()
    suppressed = text(response, "messageAction") == "SUPPRESS"
    return () if suppressed else tuple(media)


def message(response: Response) -> Message:
    return Message(
        text(response, "smsMessage"),
        text(response, "emailMessage"),
        text(response, "emailSubject"),
    )
