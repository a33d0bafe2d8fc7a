"""What is counted, and the page Prometheus reads (text format 0.0.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from poolhouse.doors.health import processes

OTHER = "other"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MOST_SERIES = 4096

# What the library has no types for.
_collector_of_many: Any = MultiProcessCollector
_without_created: Any = disable_created_metrics
_without_created()  # a series more for each, which nobody reads

Bound = tuple[Callable[[], None], Callable[[float], None]]


@dataclass(frozen=True, slots=True)
class Stock:
    """What lies in the database: messages by status, signing keys made ahead."""

    messages: dict[str, int]
    spare_keys: int


class Metrics:
    """The figures of this process, and of its siblings where they share a folder.

    `operations` are the only ones that get a label of their own: what a request names besides
    is counted as `other`, so no caller can add a series.
    """

    def __init__(self, operations: Iterable[str], in_hand: Callable[[], int]) -> None:
        self._operations = frozenset(operations)
        self._in_hand = in_hand
        self._shared = processes.folder()
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "poolhouse_requests",
            "Requests answered, by operation and error code (empty: none).",
            ["operation", "code"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "poolhouse_request_seconds",
            "Time from the headers of a request to its answer.",
            ["operation"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._hashing = Gauge(
            "poolhouse_hashing_in_hand",
            "Password hashes running or waiting, of every worker when it last answered.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._bound: dict[tuple[str, str], Bound] = {}
        self._told = 0

    def observe(self, operation: str, code: str, seconds: float) -> None:
        """Counts one answer. For the event loop's thread; a few microseconds."""
        count, time = self._bound.get((operation, code)) or self._bind(operation, code)
        count()
        time(seconds)
        depth = self._in_hand()
        if depth != self._told:
            self._tell(depth)

    def _bind(self, operation: str, code: str) -> Bound:
        if operation not in self._operations:
            operation = OTHER
        if len(self._bound) >= MOST_SERIES:
            code = OTHER
        key = operation, code
        if key not in self._bound:
            count = self._requests.labels(operation, code).inc
            self._bound[key] = count, self._seconds.labels(operation).observe
        return self._bound[key]

    def _tell(self, depth: int) -> None:
        self._hashing.set(depth)
        self._told = depth

    def page(self, stock: Stock | None) -> bytes:
        """Blocks for a few milliseconds. `stock` is left out where the database did not answer."""
        self._tell(self._in_hand())
        return generate_latest(_Page(self._collected(stock)))

    def _collected(self, stock: Stock | None) -> Iterator[Metric]:
        workers = processes.living(self._shared)
        if self._shared is None:
            yield from self._registry.collect()
        else:
            yield from _collector_of_many(None, str(self._shared)).collect()
        yield GaugeMetricFamily("poolhouse_workers", "Worker processes.", value=len(workers))
        if stock is not None:
            yield from _stored(stock)
        yield from processes.resources(workers)


def _stored(stock: Stock) -> Iterator[Metric]:
    messages = GaugeMetricFamily(
        "poolhouse_outbox_messages", "Messages that have not left, by status.", labels=["status"]
    )
    for status, count in stock.messages.items():
        messages.add_metric([status], count)
    yield messages
    yield GaugeMetricFamily(
        "poolhouse_spare_signing_keys", "Signing keys made ahead.", value=stock.spare_keys
    )


class _Page(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
