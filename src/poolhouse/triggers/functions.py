"""Calling the function that an ARN is bound to, with Lambda's limits and AWS's errors.

Source: "Customizing user pool workflows with Lambda triggers", developer guide: an answer within
five seconds, three attempts.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from poolhouse import ids, turns
from poolhouse.clock import Clock
from poolhouse.contract import cognito_idp as idp
from poolhouse.triggers.answers import is_event, json_of
from poolhouse.triggers.bindings import PYTHON, Binding, Bindings
from poolhouse.triggers.calls import Calls
from poolhouse.triggers.failures import FunctionFailed, NotJson, NotReached, TooLong
from poolhouse.triggers.http import Web
from poolhouse.triggers.limits import MOST, Limits
from poolhouse.triggers.processes import Processes

PATIENCE = 5.0
"""Seconds that one attempt may take, from the first step to the last octet."""
MOST_OCTETS = 256 * 1024
"""Octets that an answer may have beyond those of the event, which it repeats."""

log = logging.getLogger(__name__)

Event = dict[str, Any]


class Functions:
    """Every function of one server, by ARN."""

    def __init__(
        self,
        bindings: Bindings,
        calls: Calls,
        clock: Clock,
        *,
        patience: float = PATIENCE,
        most: int = MOST,
    ) -> None:
        """`most`: calls under way or waiting at once, of all functions together."""
        self.bindings = bindings
        self.calls = calls
        self._clock = clock
        self._patience = patience
        self._web = Web()
        folder = bindings.path.parent.absolute()
        self._processes = Processes(clock, folder, lambda: bindings.variables)
        self._limits = Limits(clock, patience, most)
        self._own: dict[str, Callable[[Event], Any]] = {}
        bindings.on_change(self._processes.renew)

    def bind(self, arn: str, function: Callable[[Event], Any]) -> None:
        """Binds an ARN to a function of this very process, for whoever embeds the server; it has
        no time limit. It is tried before the file's bindings."""
        self._own[arn] = function

    def call(self, arn: str, event: Event, *, trigger: str) -> Event:
        """The whole event as the function gives it back, its `response` an object. `trigger` is
        the trigger's name in AWS's messages, as `PreSignUp`. No transaction may be open.

        Raises:
            UserLambdaValidationException: the function refused, in its own words, or broke.
            UnexpectedLambdaException: it could not be called, or did not answer in time.
            InvalidLambdaResponseException: it answered something else than the event.
        """
        began, outcome = self._clock.elapsed(), "failed"
        try:
            with turns.waiting():
                answer = self._answered(arn, event)
            outcome = "answered" if is_event(answer) else "unrecognizable"
        except FunctionFailed as error:
            outcome = "refused"
            words = str(error).encode(errors="replace").decode()
            raise idp.UserLambdaValidationException(
                f"{trigger} failed with error {words}."
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
        except TooLong:
            outcome = "too long"
            raise idp.InvalidLambdaResponseException("Unrecognizable lambda output") from None
        finally:
            took = self._clock.elapsed() - began
            source = str(event.get("triggerSource", ""))
            self.calls.add(self._clock.now(), arn, source, outcome, took)
        if outcome != "answered":
            raise idp.InvalidLambdaResponseException("Unrecognizable lambda output")
        found: Event = answer
        return found

    def close(self) -> None:
        self._web.close()
        self._processes.close()
        self.calls.close()

    def _answered(self, arn: str, event: Event) -> Any:
        if arn in self._own:
            return _called(self._own[arn], event)
        binding = self.bindings.find(arn)
        if binding is None:
            # What AWS says where Cognito may not invoke the function.
            log.warning("no function is bound to %s (see functions.toml)", arn)
            raise NotReached("AccessDeniedException")
        place = binding.place(arn)
        if place is None:
            raise NotReached("ResourceNotFoundException")
        body, call_id = json.dumps(event).encode(), ids.random_uuid()
        with self._limits.entered(place) as attempts:
            for left in reversed(range(attempts)):
                try:
                    return self._once(binding, place, arn, body, call_id)
                except NotReached as error:
                    if not error.again or not left:
                        raise
        raise AssertionError("a function is tried at least once")

    def _once(self, binding: Binding, place: str, arn: str, body: bytes, call_id: str) -> Any:
        patience, most = self._patience, len(body) + MOST_OCTETS
        if binding.kind == PYTHON:
            return self._processes.call(
                place, body, call_id=call_id, arn=arn, patience=patience, most=most
            )
        now = self._clock.now()
        return self._web.call(
            binding, place, body, call_id=call_id, now=now, patience=patience, most=most
        )


def _called(function: Callable[[Event], Any], event: Event) -> Any:
    """By the way of JSON, as any other function is."""
    try:
        answer = function(json.loads(json.dumps(event)))
    except Exception as error:  # noqa: BLE001 - the function's own, whatever it is
        raise FunctionFailed(str(error) or type(error).__name__) from None
    try:
        return json_of(json.dumps(answer).encode())
    except (TypeError, ValueError, RecursionError):
        raise NotJson from None
