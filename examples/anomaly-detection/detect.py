"""Finds days that are unlike their season, in a stream of (date, measure, value); used by anomalies.ts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from isthmus.common import Types
from isthmus.datastream import KeyedProcessFunction, RuntimeContext
from isthmus.datastream.state import MapStateDescriptor


class SeasonalOutliers(KeyedProcessFunction[str, dict[str, Any], dict[str, Any]]):
    """Keyed by measure. Keeps mean and variance of each month (Welford's running form), and says which values lie
    more than ``limit`` standard deviations from what the month has been like so far.
    """

    def __init__(self, limit: float = 3.0, least: int = 25) -> None:
        self.limit, self.least = limit, least

    def open(self, runtime_context: RuntimeContext) -> None:
        # month → (count, mean, sum of squared distances)
        self.months = runtime_context.get_map_state(
            MapStateDescriptor("months", Types.INT(), Types.PICKLED_BYTE_ARRAY())
        )

    def process_element(
        self, value: dict[str, Any], ctx: KeyedProcessFunction.Context
    ) -> Iterator[dict[str, Any]]:
        month = int(value["date"][5:7])
        count, mean, squares = self.months.get(month) or (0, 0.0, 0.0)
        if count >= self.least:
            deviation = math.sqrt(squares / (count - 1))
            z = (value["value"] - mean) / deviation
            if abs(z) > self.limit:
                # An outlier is shown, and learnt from too: the climate may have changed.
                yield {**value, "z": round(z, 2), "usual": round(mean, 1)}
        count += 1
        distance = value["value"] - mean
        mean += distance / count
        squares += distance * (value["value"] - mean)
        self.months.put(month, (count, mean, squares))
