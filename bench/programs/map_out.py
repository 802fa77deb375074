"""Integers 0…n−1 → map → a Python function as sink."""

import sys

from isthmus.common import Types, WatermarkStrategy
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.datastream.connectors.number_seq import NumberSequenceSource

n = int(sys.argv[1])
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_source(
    NumberSequenceSource(0, n - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()
)
numbers.map(lambda x: x + 1).add_sink(lambda x: None)
env.execute("map")
