"""n floats → a NumPy expression by map_batch → nothing."""

import sys

import numpy as np
from isthmus.common import Types, WatermarkStrategy
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.datastream.connectors.number_seq import NumberSequenceSource


def score(values):
    return np.sqrt(values * 2.5 + 1.0)


n = int(sys.argv[1])
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_source(NumberSequenceSource(0, n - 1), WatermarkStrategy.no_watermarks(), "numbers")
numbers.map_batch(score, Types.DOUBLE(), format="numpy")
env.execute("numpy")
