"""What came back from a function, before anybody reads it as a trigger's answer. Pure."""

from __future__ import annotations

import json
from typing import Any

from poolhouse.triggers.failures import NotJson


def json_of(body: bytes) -> Any:
    """Raises NotJson: also for what no JSON text may hold, as NaN, or half of a surrogate pair."""
    try:
        found = json.loads(body, parse_constant=_no_json)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise NotJson from None
    return found


def _no_json(constant: str) -> None:
    raise ValueError(constant)


def failed_by(answer: Any) -> str | None:
    """The words of a function that failed, as Lambda's runtimes tell them; None for an answer."""
    if not isinstance(answer, dict) or "response" in answer:
        return None
    told = answer.get("errorMessage")
    return told if isinstance(told, str) else None


def is_event(answer: Any) -> bool:
    """Whether the event came back: without its request and response nobody reads it."""
    return isinstance(answer, dict) and all(
        isinstance(answer.get(part), dict) for part in ("request", "response")
    )
