"""The Python half of the scenarios; functions.ts has the same names."""

from isthmus.common import Types
from isthmus.datastream import (
    AggregateFunction,
    AsyncFunction,
    BroadcastProcessFunction,
    CoMapFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    OutputTag,
    ProcessFunction,
    ProcessWindowFunction,
)
from isthmus.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor

ODD = OutputTag("odd")
RULES = MapStateDescriptor("rules", Types.INT(), Types.STRING())


def double(x):
    return x * 2


def is_even(x):
    return x % 2 == 0


def up_to(x):
    return range(x)


def by_three(x):
    return x % 3


def add(a, b):
    return a + b


def user(event):
    return event["user"]


def time(event, timestamp):
    return event["time"]


def merged(a, b):
    return {**a, "count": a["count"] + b["count"], "time": max(a["time"], b["time"])}


class Sides(ProcessFunction):
    def process_element(self, value, ctx):
        if value % 2:
            yield ODD, value
        else:
            yield value


class Running(KeyedProcessFunction):
    """Counts, remembers, and says at a timer what it has."""

    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.INT()))
        self.marks = runtime_context.get_map_state(MapStateDescriptor("marks", Types.INT(), Types.INT()))

    def process_element(self, value, ctx):
        count = (self.count.value() or 0) + value["count"]
        self.count.update(count)
        self.seen.add(value["time"])
        self.marks.put(value["time"], value["count"])
        ctx.timer_service().register_event_time_timer(100)
        yield f"{ctx.get_current_key()} {count}"

    def on_timer(self, timestamp, ctx):
        seen = sorted(self.seen.get())
        marks = sum(self.marks.values())
        yield f"{ctx.get_current_key()} at {timestamp}: {self.count.value()} {seen} {marks}"


class Either(CoMapFunction):
    def map1(self, value):
        return f"first {value}"

    def map2(self, value):
        return f"second {value}"


class Matched(KeyedCoProcessFunction):
    """Sums both sides of a key."""

    def open(self, runtime_context):
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.INT()))

    def process_element1(self, value, ctx):
        self.sum.update((self.sum.value() or 0) + value)
        ctx.timer_service().register_event_time_timer(1)
        return []

    def process_element2(self, value, ctx):
        self.sum.update((self.sum.value() or 0) + 100 * value)
        return []

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()}: {self.sum.value()}"


class Collect(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + value["count"]

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class Shown(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        total = sum(element["count"] for element in elements)
        yield f"{key} [{window.start}, {window.end}) {total}"


class Counted(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key}: {sum(element['count'] for element in elements)}"


class Ruled(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        return []

    def process_broadcast_element(self, value, ctx):
        rules = ctx.get_broadcast_state(RULES)
        rules.put(value % 2, f"rule {value % 2}")
        yield rules.get(value % 2)


def pair(left, right):
    return f"{left['user']} {left['time']} {right['time']}"


class Slowly(AsyncFunction):
    async def async_invoke(self, value):
        return [value + 0.5]

    def timeout(self, value):
        return []
