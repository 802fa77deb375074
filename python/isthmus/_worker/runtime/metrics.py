"""Metrics that functions make: counters, meters, gauges, distributions, in groups that nest. Twin of
``src/runtime/metric-group.ts``.

M1. A metric never fails a job: a gauge whose function raises, or gives no number, is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._interfaces.functions.context import MetricGroup
from ..._values.raised import ANYTHING
from ..machine.clock import Clock


class Counter:
    """A number that goes up and down."""

    def __init__(self) -> None:
        self._count = 0

    def inc(self, n: int = 1) -> None:
        """Add ``n``."""
        self._count += n

    def dec(self, n: int = 1) -> None:
        """Take ``n`` away."""
        self._count -= n

    def get_count(self) -> int:
        """The number."""
        return self._count


class Meter:
    """Events, and their rate over the last ``span_s`` seconds."""

    def __init__(self, clock: Clock, span_s: int = 60) -> None:
        self._clock = clock
        self._count = 0
        self._span_s = span_s
        self._since = clock.monotonic()
        self._before = 0

    def mark_event(self, value: int = 1) -> None:
        """Count events."""
        self._count += value

    def get_count(self) -> int:
        """Events so far."""
        return self._count

    def get_rate(self) -> float:
        """Events per second."""
        now = self._clock.monotonic()
        elapsed = now - self._since
        rate = (self._count - self._before) / elapsed if elapsed > 0 else 0.0
        if elapsed > self._span_s:
            self._since, self._before = now, self._count
        return rate


class Distribution:
    """Sum, count, smallest and largest of what was reported."""

    def __init__(self) -> None:
        self.count = 0
        self.sum: float = 0
        self.min: float | None = None
        self.max: float | None = None

    def update(self, value: float) -> None:
        """Report a value."""
        self.count += 1
        self.sum += value
        if self.min is None or value < self.min:
            self.min = value
        if self.max is None or value > self.max:
            self.max = value


class WorkerMetricGroup(MetricGroup):
    """Metrics by name; a name used twice is one metric."""

    def __init__(self, scope: tuple[str, ...], clock: Clock) -> None:
        self._clock = clock
        self._scope = scope
        self._groups: dict[tuple[str, ...], WorkerMetricGroup] = {}
        self._metrics: dict[str, Any] = {}

    def add_group(self, name: str, extra: str | None = None) -> WorkerMetricGroup:
        scope = (*self._scope, name) if extra is None else (*self._scope, name, extra)
        return self._groups.setdefault(scope, WorkerMetricGroup(scope, self._clock))

    def counter(self, name: str) -> Counter:
        return self._metric(name, Counter)  # type: ignore[no-any-return]

    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter:
        return self._metric(name, lambda: Meter(self._clock, time_span_in_seconds))  # type: ignore[no-any-return]

    def gauge(self, name: str, obj: Callable[[], int]) -> None:
        self._metrics[name] = obj

    def distribution(self, name: str) -> Distribution:
        return self._metric(name, Distribution)  # type: ignore[no-any-return]

    def _metric(self, name: str, make: Callable[[], Any]) -> Any:
        found = self._metrics.get(name)
        if found is None:
            found = self._metrics[name] = make()
        return found

    def reported(self) -> dict[str, dict[str, Any]]:
        """What goes to the job's metrics, by dotted name."""
        told: dict[str, dict[str, Any]] = {}
        # Threads of functions may add some meanwhile.
        for name, metric in list(self._metrics.items()):
            report = _report(metric)
            if report is not None:
                told[".".join((*self._scope, name))] = report
        for group in list(self._groups.values()):
            told.update(group.reported())
        return told

    def values(self) -> dict[str, Any]:
        """What every metric shows now, by dotted name."""
        shown: dict[str, Any] = {}
        for name, metric in self._metrics.items():
            full = ".".join((*self._scope, name))
            if isinstance(metric, (Counter, Meter)):
                shown[full] = metric.get_count()
            elif isinstance(metric, Distribution):
                shown[full] = {"count": metric.count, "sum": metric.sum, "min": metric.min, "max": metric.max}
            else:
                shown[full] = metric()
        for group in self._groups.values():
            shown.update(group.values())
        return shown


def _report(metric: Any) -> dict[str, Any] | None:
    if isinstance(metric, Counter):
        return {"kind": "counter", "count": metric.get_count()}
    if isinstance(metric, Meter):
        return {"kind": "meter", "count": metric.get_count(), "rate": metric.get_rate()}
    if isinstance(metric, Distribution):
        if metric.count == 0:
            return None
        said = {"count": metric.count, "sum": metric.sum, "min": metric.min, "max": metric.max}
        return {"kind": "distribution", **said}
    try:
        value = metric()
    except ANYTHING:
        return None
    return {"kind": "gauge", "value": value} if type(value) in (int, float) else None  # M1
