"""What a function makes of one record has that record's timestamp, whatever is assigned behind it."""

from __future__ import annotations

import pytest
from isthmus.common import WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner, WatermarkGenerator
from isthmus.datastream.functions import ProcessFunction


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: int, record_timestamp: int) -> int:
        return value


class NextMs(TimestampAssigner):
    def extract_timestamp(self, value: int, record_timestamp: int) -> int:
        return record_timestamp + 1


class Silent(WatermarkGenerator):
    def on_event(self, value, timestamp):
        pass

    def on_periodic_emit(self):
        pass


class Shows(ProcessFunction):
    def process_element(self, value, ctx):
        yield value, ctx.timestamp()


def thrice(value):
    yield from [value] * 3


@pytest.mark.parametrize(
    "second", [WatermarkStrategy.for_monotonous_timestamps(), WatermarkStrategy.for_generator(Silent())]
)
def test_each_result_is_assigned_from_the_record(env1, second):
    first = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
    stream = (
        env1.from_collection([10, 20])
        .assign_timestamps_and_watermarks(first)
        .flat_map(thrice)
        .assign_timestamps_and_watermarks(second.with_timestamp_assigner(NextMs()))
        .process(Shows())
    )
    assert list(stream.execute_and_collect()) == [(10, 11)] * 3 + [(20, 21)] * 3
