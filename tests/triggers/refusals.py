"""What a sign-up is refused with when its function does not answer as it should: code and words."""

from __future__ import annotations

TIMED_OUT = (
    "UnexpectedLambdaException",
    "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.",
)
UNRECOGNIZABLE = ("InvalidLambdaResponseException", "Unrecognizable lambda output")
INVALID = ("InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON")


def unreached(name: str) -> tuple[str, str]:
    return "UnexpectedLambdaException", f"PreSignUp invocation failed due to error {name}."


def failed(words: str) -> tuple[str, str]:
    return "UserLambdaValidationException", f"PreSignUp failed with error {words}."
