"""n integers → a function of about 50 µs in pure Python, at a parallelism of one's choice."""

import sys

from pyflink.common import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource


def work(value: int) -> int:
    total = value
    for i in range(900):
        total = (total * 31 + i) % 1_000_003
    return total


n, parallelism = int(sys.argv[1]), int(sys.argv[2])
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(parallelism)
numbers = env.from_source(NumberSequenceSource(0, n - 1), WatermarkStrategy.no_watermarks(), "numbers")
numbers.map(work)
env.execute("CPU-bound function")
