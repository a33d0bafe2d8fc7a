"""Calling the function that an ARN is bound to, with Lambda's limits and AWS's errors.

Source: "Customizing user pool workflows with Lambda triggers", developer guide: an answer within
five seconds, three attempts.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

from poolhouse import ids
from poolhouse.clock import Clock
from poolhouse.contract import cognito_idp as idp
from poolhouse.triggers.bindings import PYTHON, Binding, Bindings
from poolhouse.triggers.calls import Calls
from poolhouse.triggers.failures import TIMED_OUT, FunctionFailed, NotJson, NotReached
from poolhouse.triggers.http import Web
from poolhouse.triggers.processes import Processes

PATIENCE = 5.0
"""Seconds that one attempt may take."""
ATTEMPTS = 3
AT_ONCE = 8
"""Calls of one function under way at once, so that one that hangs does not hold every thread."""

log = logging.getLogger(__name__)

Event = dict[str, Any]


class Functions:
    """Every function of one server, by ARN."""

    def __init__(
        self, bindings: Bindings, calls: Calls, clock: Clock, *, patience: float = PATIENCE
    ) -> None:
        self.bindings = bindings
        self.calls = calls
        self._clock = clock
        self._patience = patience
        self._web = Web()
        self._processes = Processes(clock)
        self._lock = threading.Lock()
        self._limits: dict[str, threading.BoundedSemaphore] = {}
        self._own: dict[str, Callable[[Event], Any]] = {}

    def bind(self, arn: str, function: Callable[[Event], Any]) -> None:
        """Binds an ARN to a function of this very process, for whoever embeds the server; it has
        no time limit. It is tried before the file's bindings."""
        self._own[arn] = function

    def call(self, arn: str, event: Event, *, trigger: str) -> Event:
        """The whole event as the function gives it back, its `response` an object. `trigger` is
        the trigger's name in AWS's messages, as `PreSignUp`. No transaction may be open.

        Raises:
            UserLambdaValidationException: the function refused, in its own words.
            UnexpectedLambdaException: it could not be called, or did not answer in time.
            InvalidLambdaResponseException: it answered something else than the event.
        """
        began, outcome = self._clock.elapsed(), "answered"
        try:
            return _event(self._attempted(arn, event))
        except FunctionFailed as error:
            outcome = "refused"
            raise idp.UserLambdaValidationException(
                f"{trigger} failed with error {error}."
            ) from None
        except NotReached as error:
            outcome = error.name
            raise idp.UnexpectedLambdaException(
                f"{trigger} invocation failed due to error {error.name}."
            ) from None
        except NotJson:
            outcome = "no JSON"
            raise idp.InvalidLambdaResponseException(
                "Invalid lambda function output : Invalid JSON"
            ) from None
        except idp.InvalidLambdaResponseException:
            outcome = "unrecognizable"
            raise
        finally:
            took = self._clock.elapsed() - began
            self.calls.add(self._clock.now(), arn, event.get("triggerSource", ""), outcome, took)

    def close(self) -> None:
        self._web.close()
        self._processes.close()
        self.calls.close()

    def _attempted(self, arn: str, event: Event) -> Any:
        if arn in self._own:
            return _called(self._own[arn], event)
        binding = self.bindings.find(arn)
        if binding is None:
            # What AWS says where Cognito may not invoke the function.
            log.warning("no function is bound to %s (see functions.toml)", arn)
            raise NotReached("AccessDeniedException")
        body, call_id = json.dumps(event).encode(), ids.random_uuid()
        limit = self._limit(binding)
        if not limit.acquire(timeout=self._patience):
            raise NotReached("TooManyRequestsException")
        try:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    return self._once(binding, arn, body, call_id)
                except NotReached as error:
                    if not error.again or attempt == ATTEMPTS:
                        raise
        finally:
            limit.release()
        raise NotReached(TIMED_OUT)

    def _once(self, binding: Binding, arn: str, body: bytes, call_id: str) -> Any:
        if binding.kind == PYTHON:
            return self._processes.call(binding.target, body, self._patience)
        now = self._clock.now()
        return self._web.call(binding, arn, body, call_id=call_id, now=now, patience=self._patience)

    def _limit(self, binding: Binding) -> threading.BoundedSemaphore:
        with self._lock:
            return self._limits.setdefault(binding.target, threading.BoundedSemaphore(AT_ONCE))


def _called(function: Callable[[Event], Any], event: Event) -> Any:
    """By the way of JSON, as any other function is."""
    try:
        answer = function(json.loads(json.dumps(event)))
    except Exception as error:  # noqa: BLE001 - the function's own, whatever it is
        raise FunctionFailed(str(error) or type(error).__name__) from None
    try:
        return json.loads(json.dumps(answer))
    except (TypeError, ValueError):
        raise NotJson from None


def _event(answer: Any) -> Event:
    if not isinstance(answer, dict) or not isinstance(answer.get("response"), dict):
        raise idp.InvalidLambdaResponseException("Unrecognizable lambda output")
    return answer
