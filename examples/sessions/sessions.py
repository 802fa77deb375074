"""Clicks become visits: a visit ends after half an hour without a click.

python examples/sessions/sessions.py [clicks.csv]
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from isthmus.common import Time, Types, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner, WatermarkGenerator
from isthmus.datastream import OutputTag, ProcessWindowFunction, StreamExecutionEnvironment
from isthmus.datastream.connectors.file_system import FileSource, StreamFormat
from isthmus.datastream.window import EventTimeSessionWindows, TimeWindow

GAP = Time.minutes(30)
LATE: OutputTag[Click] = OutputTag("late", Types.PICKLED_BYTE_ARRAY())


class Click(NamedTuple):
    time: int
    user: str
    page: str


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value: Click, record_timestamp: int) -> int:
        return value.time


class BehindByTwoMinutes(WatermarkGenerator):
    """A watermark with each click: a file is read faster than the periodic ones come."""

    def on_event(self, event: Click, event_timestamp: int) -> int:
        return event_timestamp - 120_000


def parse(line: str) -> Click:
    time, user, page = line.split(",")
    return Click(int(time), user, page)


class Visit(ProcessWindowFunction[Click, str, str, TimeWindow]):
    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Click]
    ) -> Iterator[str]:
        clicks = sorted(elements)
        seconds = (clicks[-1].time - clicks[0].time) // 1000
        pages = " ".join(click.page for click in clicks)
        yield f"{key}: {len(clicks)} clicks in {seconds} s: {pages}"


path = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).with_name("clicks.csv"))
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), path).build()
strategy = WatermarkStrategy.for_generator(BehindByTwoMinutes()).with_timestamp_assigner(EventTime())
clicks = env.from_source(source, WatermarkStrategy.no_watermarks(), "clicks").map(parse)
visits = (
    clicks.assign_timestamps_and_watermarks(strategy)
    .key_by(lambda click: click.user)
    .window(EventTimeSessionWindows.with_gap(GAP))
    .side_output_late_data(LATE)
    .process(Visit())
    .name("visits")
)
visits.print()
visits.get_side_output(LATE).map(lambda click: f"too late: {click.user} {click.page}").print()
env.execute("sessions")
