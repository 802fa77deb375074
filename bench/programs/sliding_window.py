"""n records 1 ms apart, 1,000 keys → sliding window of 60 s every 1 s → built-in sum."""

import sys

from isthmus.common import Time, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.datastream.connectors.number_seq import NumberSequenceSource
from isthmus.datastream.window import SlidingEventTimeWindows


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[2]


n = int(sys.argv[1])
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_source(NumberSequenceSource(0, n - 1), WatermarkStrategy.no_watermarks(), "numbers")
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(EventTime())
records = numbers.map(lambda i: (i * 7919 % 1000, 1, i)).assign_timestamps_and_watermarks(strategy)
windows = SlidingEventTimeWindows.of(Time.seconds(60), Time.seconds(1))
records.key_by(lambda r: r[0]).window(windows).sum(1)
env.execute("sliding window")
