"""n integers at parallelism 2 → key_by (10,000 keys) → running sum. Runs on Isthmus and on PyFlink."""

import sys

from pyflink.common import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

n = int(sys.argv[1])
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2)
numbers = env.from_source(NumberSequenceSource(0, n - 1), WatermarkStrategy.no_watermarks(), "numbers")
numbers.map(lambda i: (i * 7919 % 10_000, 1)).key_by(lambda pair: pair[0]).sum(1)
env.execute("keyed shuffle")
