"""Metrics that functions make: counters, meters, gauges, distributions, in groups that nest. Twin of
``src/runtime/metric-group.ts``.

M1. A metric never fails a job: one that comes to no number is left out.
M2. A gauge whose function raises is what it was: what it looks at may be closed already.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeVar

from ..._interfaces.functions.context import MetricGroup
from ..._values.raised import ANYTHING
from ..machine.clock import Clock

_Metric = TypeVar("_Metric")


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


class Gauge:
    """What a function says when it is asked."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self._last: int | float | None = None

    def get_value(self) -> int | float | None:
        """None before it has given a number."""
        try:
            self._last = _number(self.function())
        except ANYTHING:
            pass  # M2
        return self._last


class WorkerMetricGroup(MetricGroup):
    """Metrics by name; a name used twice is one metric, and one of another kind takes its place."""

    def __init__(self, scope: str, clock: Clock, metrics: dict[str, Any] | None = None) -> None:
        self._clock = clock
        self._scope = scope
        #: By dotted name, those of all groups of the function.
        self._metrics: dict[str, Any] = {} if metrics is None else metrics

    def add_group(self, name: str, extra: str | None = None) -> WorkerMetricGroup:
        scope = f"{self._scope}{name}." if extra is None else f"{self._scope}{name}.{extra}."
        return WorkerMetricGroup(scope, self._clock, self._metrics)

    def counter(self, name: str) -> Counter:
        return self._metric(name, Counter, Counter)

    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter:
        return self._metric(name, Meter, lambda: Meter(self._clock, time_span_in_seconds))

    def gauge(self, name: str, obj: Callable[[], int]) -> None:
        self._metrics[self._scope + name] = Gauge(obj)

    def distribution(self, name: str) -> Distribution:
        return self._metric(name, Distribution, Distribution)

    def _metric(self, name: str, kind: type[_Metric], make: Callable[[], _Metric]) -> _Metric:
        found = self._metrics.get(self._scope + name)
        if not isinstance(found, kind):
            found = self._metrics[self._scope + name] = make()
        return found

    def reported(self) -> dict[str, dict[str, Any]]:
        """What goes to the job's metrics, by dotted name."""
        # Threads of functions may add some meanwhile.
        reports = {name: _report(metric) for name, metric in list(self._metrics.items())}
        return {name: report for name, report in reports.items() if report is not None}

    def values(self) -> dict[str, Any]:
        """What every metric shows now, by dotted name."""
        return {name: _shown(metric) for name, metric in self._metrics.items()}


def _shown(metric: Any) -> Any:
    if isinstance(metric, (Counter, Meter)):
        return metric.get_count()
    if isinstance(metric, Distribution):
        return {"count": metric.count, "sum": metric.sum, "min": metric.min, "max": metric.max}
    return metric.function()


def _report(metric: Any) -> dict[str, Any] | None:
    said: dict[str, Any]
    if isinstance(metric, Counter):
        kind, said = "counter", {"count": metric.get_count()}
    elif isinstance(metric, Meter):
        kind, said = "meter", {"count": metric.get_count(), "rate": metric.get_rate()}
    elif isinstance(metric, Distribution):
        kind = "distribution"
        said = {"count": metric.count, "sum": metric.sum, "min": metric.min, "max": metric.max}
        if metric.count == 0:
            return None
    else:
        kind, said = "gauge", {"value": metric.get_value()}
    numbers = {name: _number(value) for name, value in said.items()}
    return None if None in numbers.values() else {"kind": kind, **numbers}  # M1


#: The largest integers that a double tells apart.
_SAFE = 2**53


def _number(value: Any) -> int | float | None:
    """As it goes to the runtime, whose numbers are doubles; numpy's and the like are numbers, too. None: it is no number."""
    try:
        if isinstance(value, bool):
            return None
        if hasattr(type(value), "__index__"):
            whole = operator.index(value)
            return whole if -_SAFE <= whole <= _SAFE else float(whole)
        return float(value) if hasattr(type(value), "__float__") else None
    except ANYTHING:
        return None
