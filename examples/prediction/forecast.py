"""Forecasts the next month of a real series as it arrives, learns from each, and shows its error as it goes.

python examples/prediction/forecast.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from isthmus.common import Types, WatermarkStrategy
from isthmus.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from isthmus.datastream.connectors.file_system import FileSource, StreamFormat
from isthmus.datastream.state import ValueStateDescriptor

SHOW_EVERY = 60
LEVEL, TREND, SEASON = 0.5, 0.02, 0.2


class Reading(NamedTuple):
    month: str
    ppm: float


class Model:
    """Holt and Winters' exponential smoothing: a level, a trend, and how each month differs from them."""

    def __init__(self) -> None:
        self.level = 0.0
        self.trend = 0.0
        self.season = [0.0] * 12
        self.seen = 0
        # Of forecasts, and of the naive one that says "as last month".
        self.error = self.naive_error = 0.0
        self.last = 0.0

    def forecast(self, month: int) -> float:
        return self.level + self.trend + self.season[month]

    def learn(self, month: int, value: float) -> None:
        if self.seen == 0:
            self.level = value
        before = self.level
        self.level = LEVEL * (value - self.season[month]) + (1 - LEVEL) * (before + self.trend)
        self.trend = TREND * (self.level - before) + (1 - TREND) * self.trend
        self.season[month] = SEASON * (value - self.level) + (1 - SEASON) * self.season[month]
        self.seen += 1
        self.last = value


class Forecast(KeyedProcessFunction[str, Reading, str]):
    """The model is the state of its key; any object that can be pickled will do, a scikit-learn estimator too."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.model = runtime_context.get_state(ValueStateDescriptor("model", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: Reading, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        model = self.model.value() or Model()
        month = int(value.month[5:7]) - 1
        if model.seen:
            forecast = model.forecast(month)
            model.error += abs(value.ppm - forecast)
            model.naive_error += abs(value.ppm - model.last)
            if model.seen % SHOW_EVERY == 0:
                error, naive = model.error / model.seen, model.naive_error / model.seen
                yield (
                    f"{value.month[:7]} forecast {forecast:.2f}, came {value.ppm:.2f} ppm; "
                    f"mean error so far {error:.2f} (as last month: {naive:.2f})"
                )
        model.learn(month, value.ppm)
        self.model.update(model)


def parse(line: str) -> Reading:
    month, ppm = line.split(",")
    return Reading(month, float(ppm))


path = str(Path(__file__).with_name("co2.csv"))
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), path).build()
(
    env.from_source(source, WatermarkStrategy.no_watermarks(), "CO2 at Mauna Loa")
    .filter(lambda line: not line.startswith("Date"))
    .map(parse)
    .key_by(lambda reading: "Mauna Loa")
    .process(Forecast())
    .name("forecast")
    .print()
)
env.execute("prediction")
