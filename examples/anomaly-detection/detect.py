"""Finds days that are unlike their season, or unlike the day before, in a stream of daily values; used by anomalies.ts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from isthmus.common import Types
from isthmus.datastream import KeyedProcessFunction, RuntimeContext
from isthmus.datastream.state import MapStateDescriptor, ValueStateDescriptor

DAY_MS = 86_400_000
PICKLED = Types.PICKLED_BYTE_ARRAY()


@dataclass
class Running:
    """Mean and variance of what came so far, in Welford's running form."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def z(self, value: float) -> float:
        """How many standard deviations a value is from the mean."""
        return (value - self.mean) / math.sqrt(self.squares / (self.count - 1))

    def learn(self, value: float) -> None:
        self.count += 1
        distance = value - self.mean
        self.mean += distance / self.count
        self.squares += distance * (value - self.mean)


class Outliers(KeyedProcessFunction[str, dict[str, Any], dict[str, Any]]):
    """Keyed by measure. Says which values lie more than ``limit`` standard deviations from what their month has been
    like so far, and which changes from one day to the next from what changes have been like.
    """

    def __init__(self, limit: float = 3.0, least: int = 25) -> None:
        self.limit, self.least = limit, least

    def open(self, runtime_context: RuntimeContext) -> None:
        self.months = runtime_context.get_map_state(MapStateDescriptor("months", Types.INT(), PICKLED))
        self.changes = runtime_context.get_state(ValueStateDescriptor("changes", PICKLED))
        # Time and value of the last day.
        self.last = runtime_context.get_state(ValueStateDescriptor("last", PICKLED))

    def process_element(
        self, value: dict[str, Any], ctx: KeyedProcessFunction.Context
    ) -> Iterator[dict[str, Any]]:
        time, today = ctx.timestamp(), value["value"]
        number = datetime.fromtimestamp(time / 1000, timezone.utc).month
        month = self.months.get(number) or Running()
        yield from self.judged("season", value, today, month)
        self.months.put(number, month)
        last = self.last.value()
        # A day may be missing: then there is no change from the day before.
        if last is not None and time - last[0] == DAY_MS:
            changes = self.changes.value() or Running()
            yield from self.judged("change", value, today - last[1], changes)
            self.changes.update(changes)
        self.last.update((time, today))

    def judged(
        self, kind: str, value: dict[str, Any], judged: float, usual: Running
    ) -> Iterator[dict[str, Any]]:
        if usual.count >= self.least and abs(usual.z(judged)) > self.limit:
            # An outlier is shown, and learnt from too: the climate may have changed.
            z, mean = round(usual.z(judged), 2), round(usual.mean, 1)
            yield {**value, "kind": kind, "judged": round(judged, 1), "z": z, "usual": mean}
        usual.learn(judged)
