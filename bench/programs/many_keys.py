"""n string keys with an integer each: `many_keys.py N [STATE_BACKEND]`."""

import sys

from isthmus.common import Configuration, Types, WatermarkStrategy
from isthmus.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from isthmus.datastream.connectors.number_seq import NumberSequenceSource
from isthmus.datastream.state import ValueStateDescriptor


class Keep(KeyedProcessFunction):
    def open(self, runtime_context):
        self.last = runtime_context.get_state(ValueStateDescriptor("last", Types.LONG()))

    def process_element(self, value, ctx):
        self.last.update(value)
        return ()


n = int(sys.argv[1])
configuration = Configuration()
if len(sys.argv) > 2:
    configuration.set_string("state.backend.type", sys.argv[2])
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)
numbers = env.from_source(NumberSequenceSource(0, n - 1), WatermarkStrategy.no_watermarks(), "numbers")
numbers.key_by(lambda i: f"customer-{i:09d}").process(Keep())
env.execute("many keys")
