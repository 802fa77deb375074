"""Integers 0…n−1 → map → filter; nothing reads the result. Runs on Isthmus and on PyFlink."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

n = int(sys.argv[1])
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_source(
    NumberSequenceSource(0, n - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()
)
numbers.map(lambda x: x * 2).filter(lambda x: x % 3 == 0)
env.execute("map and filter")
