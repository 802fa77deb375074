"""Process functions: contexts, timers, side outputs, two inputs, broadcast state."""

from __future__ import annotations

import pytest
from isthmus._interfaces.output_tag import OutputTag
from isthmus.datastream.functions import (
    BroadcastProcessFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
)
from isthmus.datastream.state import MapStateDescriptor, ValueStateDescriptor
from isthmus.testing import OneInputHarness, TwoInputHarness

MIN, MAX = -(2**63), 2**63 - 1
odd = OutputTag("odd")


class Timers(KeyedProcessFunction):
    def open(self, runtime_context):
        self.fired = runtime_context.get_state(ValueStateDescriptor("fired"))

    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        timers.register_event_time_timer(value[1] + 100)
        timers.register_event_time_timer(value[1] + 100)
        timers.register_event_time_timer(value[1] + 50)
        timers.delete_event_time_timer(value[1] + 50)
        timers.register_event_time_timer(500)
        yield f"element {value[0]} ts={ctx.timestamp()}"

    def on_timer(self, timestamp, ctx):
        n = (self.fired.value() or 0) + 1
        self.fired.update(n)
        if n == 1:
            ctx.timer_service().register_event_time_timer(timestamp + 1000)
        yield f"{ctx.get_current_key()} {timestamp} {n} {ctx.time_domain().name} {ctx.timestamp()}"


def test_event_timers_are_coalesced_deleted_and_fire_in_order():
    with OneInputHarness(Timers(), key_by=lambda v: v[0]) as h:
        for record in (("a", 10), ("b", 20), ("a", 30), ("a", 400)):
            h.process(record, timestamp=record[1])
        assert h.take()[0] == "element a ts=10"
        h.end()
        a = [line for line in h.output if line.startswith("a")]
        assert a == [
            "a 110 1 EVENT_TIME 110",
            "a 130 2 EVENT_TIME 130",
            "a 500 3 EVENT_TIME 500",
            "a 1110 4 EVENT_TIME 1110",
        ]
        assert [t for _, t in h.records] == sorted(t for _, t in h.records)


class Timeout(KeyedProcessFunction):
    def process_element(self, value, ctx):
        service = ctx.timer_service()
        if value == "stop":
            service.delete_processing_time_timer(300)
        else:
            service.register_processing_time_timer(service.current_processing_time() + 300)

    def on_timer(self, timestamp, ctx):
        return [(timestamp, ctx.time_domain().name)]


def test_processing_timers_follow_the_clock():
    with OneInputHarness(Timeout(), key_by=lambda v: 0) as h:
        h.process("start")
        h.processing_time(299)
        assert h.output == []
        h.processing_time(300)
        assert h.output == [(300, "PROCESSING_TIME")]


def test_a_deleted_processing_timer_does_not_fire_and_the_end_of_input_drops_the_others():
    with OneInputHarness(Timeout(), key_by=lambda v: 0) as h:
        h.process("start", "stop")
        h.processing_time(1000)
        h.process("start")
        h.end()
        assert h.output == []


def test_batch_execution_fires_processing_timers_too():
    with OneInputHarness(Timeout(), key_by=lambda v: 0, batch=True) as h:
        h.process("start")
        h.end()
        assert h.output == [(300, "PROCESSING_TIME")]


def test_on_timer_without_a_result_is_accepted():
    class Quiet(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(1)

        def on_timer(self, timestamp, ctx):
            pass

    with OneInputHarness(Quiet(), key_by=lambda v: v) as h:
        h.process(1)
        h.end()
        assert h.output == []


class Results(ProcessFunction):
    def __init__(self, result):
        self.result = result

    def process_element(self, value, ctx):
        return self.result


@pytest.mark.parametrize(
    ("result", "expected"),
    [(None, []), ([1, 2], [1, 2]), (iter([3]), [3]), ((4, 5), [4, 5]), ("ab", ["a", "b"]), ([None], [None])],
)
def test_what_process_element_may_return(result, expected):
    with OneInputHarness(Results(result)) as h:
        h.process(0)
        assert h.output == expected


def test_timers_and_state_need_a_keyed_stream():
    class Timer(ProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_processing_time_timer(1)
            yield value

    class Stateful(MapFunction):
        def open(self, runtime_context):
            runtime_context.get_state(ValueStateDescriptor("s"))

        def map(self, value):
            return value

    with (
        OneInputHarness(Timer()) as h,
        pytest.raises(Exception, match=r"Register timers is only supported on a keyed stream\."),
    ):
        h.process(1)
    with pytest.raises(
        Exception, match="This state is only accessible by functions executed on a KeyedStream"
    ):
        OneInputHarness(Stateful())


def test_time_without_timestamps_and_watermarks():
    class Look(ProcessFunction):
        def process_element(self, value, ctx):
            yield ctx.timestamp(), ctx.timer_service().current_watermark()

    with OneInputHarness(Look()) as h:
        h.process(1)
        h.watermark(7)
        h.process(1, timestamp=9)
        h.end()
        h.process(1)
        assert h.output == [(MIN, MIN), (9, 7), (MIN, MAX)]


class Split(ProcessFunction):
    def process_element(self, value, ctx):
        if value % 2:
            yield odd, value
        yield value * 10
        yield "pair", value
        yield (odd,)


def test_side_outputs():
    with OneInputHarness(Split()) as h:
        h.process(1, timestamp=5)
        assert h.side_records(odd) == [(1, 5)]
        assert h.output == [10, ("pair", 1), (odd,)]


def test_a_side_output_nobody_reads_is_dropped():
    with OneInputHarness(Split()) as h:
        h.context.side_tags = frozenset()
        h.process(1)
        assert h.output == [10, ("pair", 1), (odd,)]
        assert h.side_output(odd) == []


def test_side_outputs_from_timers_carry_the_timers_time():
    class Late(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(9)

        def on_timer(self, timestamp, ctx):
            yield odd, "fired"

    with OneInputHarness(Late(), key_by=lambda v: v) as h:
        h.process(1, timestamp=1)
        h.watermark(20)
        assert h.side_records("odd") == [("fired", 9)]


class Matches(KeyedCoProcessFunction):
    def open(self, runtime_context):
        self.left = runtime_context.get_state(ValueStateDescriptor("left"))

    def process_element1(self, value, ctx):
        self.left.update(value)
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 10)

    def process_element2(self, value, ctx):
        yield ctx.get_current_key(), self.left.value(), value

    def on_timer(self, timestamp, ctx):
        self.left.clear()
        yield "forgot", ctx.get_current_key()


def test_keyed_co_process_shares_state_and_timers():
    with TwoInputHarness(Matches(), key_by=lambda v: v[0], key_by2=lambda v: v[0]) as h:
        h.process1(("k", 1), timestamp=0)
        h.process2(("k", "x"), ("j", "y"))
        h.watermark1(10)
        assert h.take() == [("k", ("k", 1), ("k", "x")), ("j", None, ("j", "y"))]
        h.watermark2(10)
        assert h.output == [("forgot", "k")]


def test_co_process_that_is_not_keyed_and_co_map():
    class Two(CoProcessFunction):
        def process_element1(self, value, ctx):
            return [f"one {value}"]

        def process_element2(self, value, ctx):
            yield f"two {value} {ctx.timestamp()}"

    class OnlySecond(CoMapFunction):
        def map1(self, value):
            return None

        def map2(self, value):
            return value * 2 if value > 1 else None

    with TwoInputHarness(Two()) as h:
        h.process1(1)
        h.process2(2, timestamp=3)
        assert h.output == ["one 1", "two 2 3"]
    with TwoInputHarness(OnlySecond()) as h:
        h.process1(1)
        h.process2(1, 2)
        assert h.output == [4]


rules = MapStateDescriptor("rules")


class Apply(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        state = ctx.get_broadcast_state(rules)
        with pytest.raises(AttributeError):
            state.put("x", 1)
        yield value, sorted(state.items()), value in state, state.get(value), state.is_empty()

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(rules).put(*value)


def test_broadcast_state_is_written_on_one_side_and_read_on_the_other():
    parameters = {"descriptors": ["rules"]}
    with TwoInputHarness(Apply(), params=parameters) as h:
        h.process1("a")
        h.process2(("a", 1), ("b", 2))
        h.process1("a")
        snapshot = h.snapshot()
        assert h.take() == [("a", [], False, None, True), ("a", [("a", 1), ("b", 2)], True, 1, False)]
    with TwoInputHarness(Apply(), params=parameters, restore=snapshot) as h:
        h.process1("b")
        assert h.output == [("b", [("a", 1), ("b", 2)], True, 2, False)]


def test_keyed_broadcast_has_state_and_timers_on_the_keyed_side():
    class Bill(KeyedBroadcastProcessFunction):
        def open(self, runtime_context):
            self.n = runtime_context.get_state(ValueStateDescriptor("n"))

        def process_element(self, value, ctx):
            self.n.update((self.n.value() or 0) + 1)
            ctx.timer_service().register_event_time_timer(10)

        def process_broadcast_element(self, value, ctx):
            ctx.get_broadcast_state(rules)[value[0]] = value[1]

        def on_timer(self, timestamp, ctx):
            yield ctx.get_current_key(), self.n.value() * ctx.get_broadcast_state(rules).get("price")

    for batch in (False, True):
        with TwoInputHarness(Bill(), key_by=lambda v: v, params={"descriptors": ["rules"]}, batch=batch) as h:
            h.process1("a", "b", "a")
            h.process2(("price", 5))
            h.end()
            assert h.output == [("a", 10), ("b", 5)]
