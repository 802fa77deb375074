"""Where Isthmus calls code of the user's: streams in which that code does something."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from isthmus.common import Time, Types, WatermarkStrategy
from isthmus.common.watermark_strategy import TimestampAssigner, WatermarkGenerator
from isthmus.datastream import AsyncDataStream, AsyncFunction, OutputTag
from isthmus.datastream.data_stream import lookup_join
from isthmus.datastream.functions import (
    AggregateFunction,
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
    ProcessJoinFunction,
    ProcessWindowFunction,
)
from isthmus.datastream.state import MapStateDescriptor
from isthmus.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    SessionWindowTimeGapExtractor,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
)

Does = Callable[..., Any]
#: The limit of what has to be told long before it.
NEVER = Time.hours(1)
#: name → stream, given one with a record and what the code of the user's is to do.
PLACES: dict[str, Callable[[Any, Does], Any]] = {}


def place(build: Callable[[Any, Does], Any]) -> Callable[[Any, Does], Any]:
    PLACES[build.__name__.replace("_", " ")] = build
    return build


class Method:
    """Does it in one method of an object; the others do what they must."""

    def __init__(self, does: Does, where: str) -> None:
        self.does, self.where = does, where

    def here(self, where: str) -> None:
        if where == self.where:
            self.does()


class Mapper(Method, MapFunction):
    def open(self, runtime_context):
        self.here("open")

    def map(self, value):
        self.here("map")
        return value

    def close(self):
        self.here("close")


class Timed(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return 1


TIMED = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Timed())


class Timers(Method, KeyedProcessFunction):
    def process_element(self, value, ctx):
        if self.where == "event":
            ctx.timer_service().register_event_time_timer(5)
        else:
            ctx.timer_service().register_processing_time_timer(1)
        return []

    def on_timer(self, timestamp, ctx):
        self.does()
        return [1]


class Aggregates(Method, AggregateFunction):
    def create_accumulator(self):
        self.here("accumulator")
        return 0

    def add(self, value, accumulator):
        self.here("add")
        return 1

    def get_result(self, accumulator):
        self.here("result")
        return 1

    def merge(self, a, b):
        self.here("merge")
        return 1


class Triggers(Method, Trigger):
    def on_element(self, element, timestamp, window, ctx):
        self.here("element")
        ctx.register_event_time_timer(window.max_timestamp())
        return TriggerResult.CONTINUE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        self.here("time")
        return TriggerResult.FIRE

    def on_merge(self, window, ctx):
        pass

    def clear(self, window, ctx):
        self.here("clear")


class Windows(Method, ProcessWindowFunction):
    def process(self, key, context, elements):
        self.does()
        return [1]


class Gaps(Method, SessionWindowTimeGapExtractor):
    def extract(self, element):
        self.does()
        return 5


class Marks(Method, WatermarkGenerator):
    def on_event(self, event, event_timestamp):
        self.here("event")

    def on_periodic_emit(self):
        self.here("periodic")


class Asynchronous(Method, AsyncFunction):
    async def async_invoke(self, value):
        import asyncio

        await asyncio.sleep(0 if self.where != "timeout" else 3600)
        self.here("invoke")
        if self.where == "task":
            await asyncio.ensure_future(self.inner())
        if self.where == "callback":
            asyncio.get_running_loop().call_soon(self.does)
            await asyncio.sleep(3600)
        return [value]

    async def inner(self):
        self.does()

    def timeout(self, value):
        self.here("timeout")
        return [value]


class CoMaps(Method, CoMapFunction):
    def map1(self, value):
        self.does()
        return value

    map2 = map1


class CoFlatMaps(Method, CoFlatMapFunction):
    def flat_map1(self, value):
        self.does()
        return [value]

    flat_map2 = flat_map1


class CoProcesses(Method, CoProcessFunction):
    def process_element1(self, value, ctx):
        self.does()
        return [value]

    process_element2 = process_element1


class Broadcasts(Method, BroadcastProcessFunction):
    def process_element(self, value, ctx):
        self.here("element")
        return [value]

    def process_broadcast_element(self, value, ctx):
        self.here("broadcast")
        return []


class Joins(Method, ProcessJoinFunction):
    def process_element(self, left, right, ctx):
        self.does()
        return [1]


class Acting:
    """A record that does it when Python asks it for something."""

    def __init__(self, does: Does, where: str) -> None:
        self.does, self.where = does, where

    def here(self, where: str) -> None:
        if where == self.where:
            self.does()

    def __reduce__(self):
        self.here("reduce")
        return rebuilt, (self.does, self.where)

    def __str__(self):
        self.here("str")
        return "acting"

    def __int__(self):
        self.here("int")
        return 1

    __index__ = __int__


def rebuilt(does: Does, where: str) -> Acting:
    if where == "unpickle":
        does()
    return Acting(does, where)


TAG = OutputTag("side", Types.PICKLED_BYTE_ARRAY())


class Sides(Method, ProcessFunction):
    def process_element(self, value, ctx):
        yield TAG, value


# Functions of records.


@place
def map(stream, does):
    return stream.map(lambda v: (does(), v)[1])


@place
def filter(stream, does):
    return stream.filter(lambda v: (does(), True)[1])


@place
def flat_map(stream, does):
    return stream.flat_map(lambda v: (does(), [v])[1])


@place
def generator(stream, does):
    def generates(value):
        does()
        yield value

    return stream.flat_map(generates)


@place
def iterator(stream, does):
    class Iterates:
        def __iter__(self):
            does()
            return iter([1])

    return stream.flat_map(lambda v: Iterates())


@place
def map_batch(stream, does):
    return stream.map_batch(lambda records: (does(), records)[1])


for _where in ("open", "map", "close"):

    @place
    def method(stream, does, where=_where):
        return stream.map(Mapper(does, where))

    PLACES[f"{_where} of a class"] = PLACES.pop("method")


@place
def loading(stream, does):
    return stream.map(Loaded(does))


class Loaded:
    """Does it when the function is unpickled in the worker."""

    def __init__(self, does: Does) -> None:
        self.does = does

    def __reduce__(self):
        return load, (self.does,)

    def __call__(self, value):
        return value


def load(does: Does) -> Callable[[Any], Any]:
    does()
    return abs


@place
def sink(stream, does):
    stream.add_sink(lambda v: does())
    return


@place
def side_output_of_generator(stream, does):
    def generates(value):
        yield TAG, value
        does()

    class Generates(ProcessFunction):
        def process_element(self, value, ctx):
            yield from generates(value)

    return stream.process(Generates())


@place
def behind_a_window(stream, does):
    timed = stream.assign_timestamps_and_watermarks(TIMED).key_by(lambda v: 0)
    windowed = timed.window(TumblingEventTimeWindows.of(Time.seconds(1))).reduce(lambda a, b: a)
    return windowed.map(lambda v: (does(), v)[1])


@place
def behind_a_timer(stream, does):
    timers = stream.key_by(lambda v: 0).process(Timers(lambda: None, "event"))
    return timers.map(lambda v: (does(), v)[1])


@place
def behind_an_async_function(stream, does):
    asked = AsyncDataStream.ordered_wait(stream, Asynchronous(lambda: None, "none"), NEVER)
    return asked.map(lambda v: (does(), v)[1])


# Keys, time, state.


@place
def key_selector(stream, does):
    return stream.key_by(lambda v: (does(), v)[1]).map(str)


@place
def partitioner(stream, does):
    return stream.partition_custom(lambda k, n: (does(), 0)[1], lambda v: v).map(str).set_parallelism(2)


@place
def reduce(stream, does):
    return stream.union(stream).key_by(lambda v: 0).reduce(lambda a, b: (does(), a)[1])


@place
def event_time_timer(stream, does):
    return stream.key_by(lambda v: 0).process(Timers(does, "event"))


@place
def processing_time_timer(stream, does):
    slow = stream._env.from_source(slowly)
    return slow.key_by(lambda v: 0).process(Timers(does, "processing"))


def slowly(ctx):
    yield 1
    while not ctx.is_stopping:
        time.sleep(0.01)


@place
def timestamp_assigner(stream, does):
    class Assigns(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            does()
            return 1

    return stream.assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Assigns())
    )


@place
def watermark_generator(stream, does):
    return stream.assign_timestamps_and_watermarks(WatermarkStrategy.for_generator(Marks(does, "event")))


@place
def periodic_watermarks(stream, does):
    slow = stream._env.from_source(slowly)
    return slow.assign_timestamps_and_watermarks(WatermarkStrategy.for_generator(Marks(does, "periodic")))


@place
def window_function(stream, does):
    return stream.key_by(lambda v: 0).count_window(1).process(Windows(does, ""))


for _where in ("accumulator", "add", "result"):

    @place
    def aggregate(stream, does, where=_where):
        windows = stream.key_by(lambda v: 0).window(GlobalWindows.create()).trigger(CountTrigger.of(1))
        return windows.aggregate(Aggregates(does, where))

    PLACES[f"aggregate {_where}"] = PLACES.pop("aggregate")


for _where in ("element", "time", "clear"):

    @place
    def trigger(stream, does, where=_where):
        timed = stream.assign_timestamps_and_watermarks(TIMED).key_by(lambda v: 0)
        windows = timed.window(TumblingEventTimeWindows.of(Time.seconds(1)))
        return windows.trigger(Triggers(does, where)).reduce(lambda a, b: a)

    PLACES[f"trigger {_where}"] = PLACES.pop("trigger")


@place
def session_gap(stream, does):
    timed = stream.assign_timestamps_and_watermarks(TIMED).key_by(lambda v: 0)
    return timed.window(EventTimeSessionWindows.with_dynamic_gap(Gaps(does, ""))).reduce(lambda a, b: a)


# Two inputs.


@place
def co_map(stream, does):
    return stream.connect(stream).map(CoMaps(does, ""))


@place
def co_flat_map(stream, does):
    return stream.connect(stream).flat_map(CoFlatMaps(does, ""))


@place
def co_process(stream, does):
    return stream.connect(stream).process(CoProcesses(does, ""))


for _where in ("element", "broadcast"):

    @place
    def broadcast(stream, does, where=_where):
        state = MapStateDescriptor("rules", Types.STRING(), Types.STRING())
        return stream.connect(stream.broadcast(state)).process(Broadcasts(does, where))

    PLACES[f"broadcast {_where}"] = PLACES.pop("broadcast")


@place
def interval_join(stream, does):
    keyed = stream.assign_timestamps_and_watermarks(TIMED).key_by(lambda v: 0)
    return (
        keyed.interval_join(keyed)
        .between(Time.milliseconds(-1), Time.milliseconds(1))
        .process(Joins(does, ""))
    )


@place
def lookup(stream, does):
    return lookup_join(stream, lambda k: (does(), k)[1], lambda v: v, lambda v, found: v)


# Asynchronous.


@place
def async_lookup(stream, does):
    async def look_up(key):
        does()
        return key

    return lookup_join(stream, look_up, lambda v: v, lambda v, found: v, timeout_ms=3_600_000)


for _where in ("invoke", "task", "callback", "timeout"):

    @place
    def async_function(stream, does, where=_where):
        limit = Time.milliseconds(50) if where == "timeout" else NEVER
        return AsyncDataStream.ordered_wait(stream, Asynchronous(does, where), limit)

    PLACES[f"async {_where}"] = PLACES.pop("async function")


# Sources.


@place
def source_function(stream, does):
    def makes():
        does()
        return iter([1])

    return stream._env.from_source(makes).map(lambda v: v)


@place
def generator_source(stream, does):
    def generates():
        yield 1
        does()

    return stream._env.from_source(generates).map(lambda v: v)


@place
def async_generator_source(stream, does):
    async def generates():
        yield 1
        does()

    return stream._env.from_source(generates).map(lambda v: v)


@place
def iterator_source(stream, does):
    class Iterates:
        def __iter__(self):
            return self

        def __next__(self):
            does()
            raise StopIteration

    return stream._env.from_source(lambda: Iterates()).map(lambda v: v)


# Records that have code.


@place
def pickling(stream, does):
    return stream.map(lambda v: Acting(does, "reduce")).rebalance().map(lambda v: 1).set_parallelism(2)


@place
def unpickling(stream, does):
    return stream.map(lambda v: Acting(does, "unpickle")).rebalance().map(lambda v: 1).set_parallelism(2)


@place
def text(stream, does):
    stream.map(lambda v: Acting(does, "str")).print()
    return


@place
def type_coercion(stream, does):
    typed = stream.map(lambda v: Acting(does, "int"), Types.INT())
    return typed.rebalance().map(str)
