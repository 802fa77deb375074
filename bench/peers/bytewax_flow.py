"""The same work on Bytewax 0.21. ``python bytewax_flow.py WORKLOAD N|FILE``."""

import re
import sys

import bytewax.operators as op
from bytewax.connectors.files import FileSource
from bytewax.dataflow import Dataflow
from bytewax.inputs import DynamicSource, StatelessSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import cluster_main


class Numbers(StatelessSourcePartition):
    def __init__(self, n):
        self._batches = (list(range(i, min(i + 1024, n))) for i in range(0, n, 1024))

    def next_batch(self):
        batch = next(self._batches, None)
        if batch is None:
            raise StopIteration
        return batch


class NumberSource(DynamicSource):
    def __init__(self, n):
        self._n = n

    def build(self, step_id, worker_index, worker_count):
        return Numbers(self._n)


class Nothing(StatelessSinkPartition):
    def write_batch(self, items):
        pass


class NullSink(DynamicSink):
    def build(self, step_id, worker_index, worker_count):
        return Nothing()


def running(stream, step, fold):
    def mapper(before, value):
        now = value if before is None else fold(before, value)
        return now, now

    return op.stateful_map(step, stream, mapper)


workload, argument = sys.argv[1], sys.argv[2]
flow = Dataflow("bench")
if workload == "log_lines":
    pattern = re.compile(r'(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*" (\d{3}) (\d+|-)')

    def parse(line):
        found = pattern.match(line)
        return (found[5], 1) if found else None

    lines = op.input("lines", flow, FileSource(argument, batch_size=1024))
    out = running(op.filter_map("parse", lines, parse), "count", lambda a, b: a + b)
else:
    numbers = op.input("numbers", flow, NumberSource(int(argument)))
    if workload == "map_filter":
        out = op.filter("filter", op.map("map", numbers, lambda x: x * 2), lambda x: x % 3 == 0)
    elif workload == "map_out":
        out = op.map("map", numbers, lambda x: x + 1)
    elif workload == "word_count":
        pairs = op.map("pair", numbers, lambda i: (f"word-{i * 7919 % 1000}", 1))
        keyed = op.key_on("key", pairs, lambda pair: pair[0])
        out = running(keyed, "reduce", lambda a, b: (a[0], a[1] + b[1]))
    else:
        raise SystemExit(f"no workload {workload}")
op.output("out", out, NullSink())
cluster_main(flow, [], 0)
