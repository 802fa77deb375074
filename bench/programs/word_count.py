"""n words of 1,000 different ones → (word, 1) → key_by → running reduce. Runs on Isthmus and on PyFlink."""

import sys

from pyflink.common import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

n = int(sys.argv[1])
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_source(NumberSequenceSource(0, n - 1), WatermarkStrategy.no_watermarks(), "numbers")
numbers.map(lambda i: (f"word-{i * 7919 % 1000}", 1)).key_by(lambda pair: pair[0]).reduce(
    lambda a, b: (a[0], a[1] + b[1])
)
env.execute("word count")
