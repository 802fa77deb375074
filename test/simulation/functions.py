"""Python's part of the simulated job."""

from __future__ import annotations

from isthmus.common import Types
from isthmus.datastream import KeyedProcessFunction
from isthmus.datastream.state import MapStateDescriptor, ValueStateDescriptor

BUCKET_MS = 500


def louder(line):
    return line + "!"


def described(n):
    return {"n": n, "key": f"k{n * 7919 % 13}"}


def key_of(record):
    return record["key"]


class Sums(KeyedProcessFunction):
    """The sum of each bucket of event time, when a timer says that it is over."""

    def open(self, runtime_context):
        self.sums = runtime_context.get_map_state(MapStateDescriptor("sums", Types.LONG(), Types.LONG()))
        self.ticks = runtime_context.get_state(ValueStateDescriptor("ticks", Types.LONG()))

    def process_element(self, record, ctx):
        end = ctx.timestamp() // BUCKET_MS * BUCKET_MS + BUCKET_MS - 1
        self.sums.put(end, (self.sums.get(end) or 0) + record["n"])
        ctx.timer_service().register_event_time_timer(end)
        # Of no effect on results: it is to come between others.
        ctx.timer_service().register_processing_time_timer(ctx.timer_service().current_processing_time() + 7)
        yield from ()

    def on_timer(self, timestamp, ctx):
        if ctx.time_domain().name != "EVENT_TIME":
            self.ticks.update((self.ticks.value() or 0) + 1)
            return
        total = self.sums.get(timestamp)
        self.sums.remove(timestamp)
        yield {"key": ctx.get_current_key(), "sum": total}


def parity(record):
    return len(record["key"]) % 2


class Labels(KeyedProcessFunction):
    def process_element(self, record, ctx):
        yield f"{ctx.get_current_key()}: {record['key']} {record['sum']}"
