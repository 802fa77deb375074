"""Alerts from metrics: a threshold, a sudden rise, silence; each once in five minutes.

python examples/monitoring/monitoring.py [metrics.csv]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from isthmus.common import Types, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner, WatermarkGenerator
from isthmus.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from isthmus.datastream.connectors.file_system import FileSource, StreamFormat
from isthmus.datastream.state import MapStateDescriptor, ValueStateDescriptor

LIMIT = 90.0
RISE = 30.0
SILENCE_MS = 60_000
QUIET_MS = 300_000


class Metric(NamedTuple):
    time: int
    host: str
    cpu: float


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value: Metric, record_timestamp: int) -> int:
        return value.time


class EveryMetric(WatermarkGenerator):
    """A watermark with each metric: a file is read faster than the periodic ones come."""

    def on_event(self, event: Metric, event_timestamp: int) -> int:
        return event_timestamp - 1


def parse(line: str) -> Metric:
    time, host, cpu = line.split(",")
    return Metric(int(time), host, float(cpu))


class Alerts(KeyedProcessFunction[str, Metric, str]):
    """Keyed by host."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.last = runtime_context.get_state(ValueStateDescriptor("last", Types.PICKLED_BYTE_ARRAY()))
        # When each kind of alert was last raised: nobody wants the same one every ten seconds.
        self.raised = runtime_context.get_map_state(
            MapStateDescriptor("raised", Types.STRING(), Types.LONG())
        )

    def process_element(self, value: Metric, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        last = self.last.value()
        if last is not None:
            ctx.timer_service().delete_event_time_timer(last.time + SILENCE_MS)
        ctx.timer_service().register_event_time_timer(value.time + SILENCE_MS)
        self.last.update(value)
        if value.cpu > LIMIT:
            yield from self.alert("limit", value.time, f"{value.host} is at {value.cpu:.0f} %")
        if last is not None and value.cpu - last.cpu > RISE:
            rise = f"{value.host} rose from {last.cpu:.0f} to {value.cpu:.0f} %"
            yield from self.alert("rise", value.time, rise)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[str]:
        silence = f"{ctx.get_current_key()} has been silent for {SILENCE_MS // 1000} s"
        yield from self.alert("silence", timestamp, silence)

    def alert(self, kind: str, time: int, text: str) -> Iterator[str]:
        raised = self.raised.get(kind)
        if raised is None or time - raised >= QUIET_MS:
            self.raised.put(kind, time)
            yield f"{time // 60_000:02d}:{time // 1000 % 60:02d} {kind}: {text}"


path = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).with_name("metrics.csv"))
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), path).build()
metrics = env.from_source(source, WatermarkStrategy.no_watermarks(), "metrics").map(parse)
strategy = WatermarkStrategy.for_generator(EveryMetric()).with_timestamp_assigner(EventTime())
(
    metrics.assign_timestamps_and_watermarks(strategy)
    .key_by(lambda metric: metric.host)
    .process(Alerts())
    .name("alerts")
    .print()
)
env.execute("monitoring")
