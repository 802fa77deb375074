"""What routes as one key is one key in every table: keys of ``key_groups_of_equals`` through each keyed operator."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isthmus._interfaces.operations import AsOfJoinOperation, IntervalJoinOperation, WindowJoinOperation
from isthmus._worker.state.key_identity import Freezer, FrozenKey, KeyGroups, encode_key, freeze, thaw
from isthmus.common import Time, Types
from isthmus.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from isthmus.datastream.functions import (
    AggregateFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    ProcessWindowFunction,
)
from isthmus.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from isthmus.datastream.window import (
    ContinuousEventTimeTrigger,
    CountTrigger,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindows,
    ProcessingTimeSessionWindows,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from isthmus.errors import CodecError
from isthmus.testing import OneInputHarness, TwoInputHarness
from key_groups_of_equals import ONE_KEY, SEVERAL_KEYS, User

BACKENDS = {"heap": {}, "embedded": {"state.backend.type": "rocksdb", "isthmus.state.cache-entries": "2"}}


@pytest.mark.parametrize("name", ONE_KEY)
def test_one_key_in_tables_as_in_routing(name: str) -> None:
    keys = [make() for make in ONE_KEY[name] for _ in range(2)]
    assert len({encode_key(key) for key in keys}) == 1
    assert len({freeze(key) for key in keys}) == 1
    if name != "NaN of an enum":
        assert len({pickle.loads(pickle.dumps(freeze(key))) for key in keys}) == 1
    assert len({*KeyGroups(32768, 7).targets(keys), *map(KeyGroups(32768, 7).target, keys)}) == 1


@pytest.mark.parametrize("name", SEVERAL_KEYS)
def test_several_keys_in_tables_as_in_routing(name: str) -> None:
    keys = [make() for make in SEVERAL_KEYS[name]]
    assert len({encode_key(key) for key in keys}) == len(keys)
    assert len({freeze(key) for key in keys}) == len(keys)


_ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-4, 4).map(lambda k: k * (2**61 - 1)),
    st.floats(),
    st.sampled_from([0.0, -0.0, 2.0**63, -(2.0**63), 2.0**64]),
    st.text(max_size=2),
    st.binary(max_size=2),
    st.decimals(),
    st.fractions(),
    st.complex_numbers(),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.builds(User, x=st.integers(0, 1) | st.floats(0, 1)),
)
_KEYS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.lists(inner, max_size=2).map(tuple),
        st.dictionaries(st.text(max_size=1), inner, max_size=2),
        st.builds(User, x=inner),
    ),
    max_leaves=4,
)


@given(st.lists(_KEYS, min_size=2, max_size=8))
def test_tables_tell_keys_apart_as_the_encoding_does(keys: list[Any]) -> None:
    for a, b in itertools.combinations(keys, 2):
        assert (freeze(a) == freeze(b)) == (encode_key(a) == encode_key(b)), (a, b)
    for key, known in zip(keys, Freezer().frozen(keys), strict=True):
        assert thaw(known) is key
        assert hash(known) == hash(freeze(key))


def test_no_hash_can_be_chosen_by_integers() -> None:
    multiples = [k * (2**61 - 1) for k in range(1, 5000)]
    for keys in (multiples, [(k, "a") for k in multiples], [float(2 ** (61 * k)) for k in range(1, 16)]):
        assert len({hash(freeze(key)) for key in keys}) > 0.99 * len(keys)


def test_a_batch_of_plain_keys_is_handed_on_as_it_is() -> None:
    for keys in (["a", "b"], [1, -5, 2**63 - 1], [("a", 1), ("b", 2)], [b"", None, True], [("a", (1, "b"))]):
        freezer = Freezer()
        assert freezer.frozen(keys) is keys
        assert freezer.frozen(keys) is keys
    mixed = Freezer().frozen([(1, 2), (2**70, 3), (1,), (2, [])])
    assert [type(key) for key in mixed] == [tuple, FrozenKey, tuple, FrozenKey]


def test_tuples_seen_before_hide_none_that_is_not_plain() -> None:
    freezer = Freezer()
    freezer.frozen([(1, "a"), (2, "b")])
    nan = (float("nan"), "a")
    known = freezer.frozen([(1, "a"), nan, nan])
    assert [type(key) for key in known] == [tuple, FrozenKey, FrozenKey]
    assert len({*known}) == 2


def test_a_key_that_is_a_part_of_itself_is_a_key() -> None:
    def circle(name: str) -> User:
        user = User(name=name)
        user.friend = User(of=user)  # type: ignore[attr-defined]
        return user

    assert freeze(circle("ann")) == freeze(circle("ann")) != freeze(circle("bob"))


def test_what_has_no_parts_is_no_key() -> None:
    with pytest.raises(CodecError, match="A key of type lock cannot be encoded"):
        import threading

        freeze(User(lock=threading.Lock()))


# Each operator, with a key of each kind.

KINDS = [
    "NaN",
    "NaN in a tuple",
    "an object",
    "a dataclass without eq",
    "an empty range",
    "a list and a tuple",
]
TIMES = 3


def _records(kind: str) -> list[tuple[int, int]]:
    """(which form of the key, 1), three of them."""
    return [(i % len(ONE_KEY[kind]), 1) for i in range(TIMES)]


def _key_of(kind: str) -> Callable[[tuple[int, int]], Any]:
    return lambda record: ONE_KEY[kind][record[0]]()


def _add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return a[0], a[1] + b[1]


class _Counting(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        return accumulator + 1

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


class _States(KeyedProcessFunction):
    """Counts in each kind of state, and in the timers of the key."""

    def __init__(self, ttl: bool) -> None:
        self._ttl = ttl

    def open(self, runtime_context: Any) -> None:
        def made(descriptor: Any) -> Any:
            if self._ttl:
                descriptor.enable_time_to_live(StateTtlConfig.new_builder(Time.hours(1)).build())
            return descriptor

        self.value = runtime_context.get_state(made(ValueStateDescriptor("v", Types.INT())))
        self.list = runtime_context.get_list_state(made(ListStateDescriptor("l", Types.INT())))
        self.map = runtime_context.get_map_state(made(MapStateDescriptor("m", Types.DOUBLE(), Types.INT())))
        self.reducing = runtime_context.get_reducing_state(
            made(ReducingStateDescriptor("r", lambda a, b: a + b, Types.INT()))
        )
        self.aggregating = runtime_context.get_aggregating_state(
            made(AggregatingStateDescriptor("a", _Counting(), Types.INT()))
        )

    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        self.value.update((self.value.value() or 0) + 1)
        self.list.add(1)
        nan = float("nan")
        self.map.put(nan, (self.map.get(nan) or 0) + 1)
        self.reducing.add(1)
        self.aggregating.add(1)
        ctx.timer_service().register_event_time_timer(10)
        counts = self.value.value(), len(self.list.get()), self.map.get(nan), self.reducing.get()
        yield "counts", *counts, self.aggregating.get(), self.map.contains(nan), len(list(self.map.keys()))

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Any]:
        yield "timer", timestamp, self.value.value()


@pytest.mark.parametrize("ttl", [False, True], ids=["", "ttl"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_states_and_timers(kind: str, backend: str, ttl: bool) -> None:
    options: dict[str, Any] = {"key_by": _key_of(kind), "config": BACKENDS[backend]}
    first = OneInputHarness(_States(ttl), **options)
    first.process(*_records(kind)[:-1])
    second = OneInputHarness(_States(ttl), restore=first.snapshot(), **options)
    second.process(_records(kind)[-1])
    second.watermark(20)
    assert second.output == [("counts", 3, 3, 3, 3, 3, True, 1), ("timer", 10, 3)]


class _Mergeable(_Counting):
    mergeable = True


_WINDOWS: dict[str, Callable[[Any], Any]] = {
    "tumbling": lambda s: s.window(TumblingEventTimeWindows.of(Time.milliseconds(10))),
    "tumbling, late": lambda s: s.window(TumblingEventTimeWindows.of(Time.milliseconds(10))).allowed_lateness(
        5
    ),
    "tumbling by the clock": lambda s: s.window(TumblingProcessingTimeWindows.of(Time.milliseconds(10))),
    "sliding": lambda s: s.window(SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(7))),
    "sliding by the clock": lambda s: s.window(
        SlidingProcessingTimeWindows.of(Time.milliseconds(10), Time.milliseconds(7))
    ),
    "session": lambda s: s.window(EventTimeSessionWindows.with_gap(Time.milliseconds(10))),
    "session by the clock": lambda s: s.window(ProcessingTimeSessionWindows.with_gap(Time.milliseconds(10))),
    "session that merges": lambda s: s.window(
        EventTimeSessionWindows.with_gap(Time.milliseconds(10))
    ).trigger(EventTimeTrigger.create()),
    "session with lateness": lambda s: s.window(
        EventTimeSessionWindows.with_gap(Time.milliseconds(10))
    ).allowed_lateness(5),
    "any trigger": lambda s: s.window(TumblingEventTimeWindows.of(Time.milliseconds(10))).trigger(
        ContinuousEventTimeTrigger.of(Time.milliseconds(10))
    ),
    "global": lambda s: s.window(GlobalWindows.create()).trigger(CountTrigger.of(3)),
    "counted": lambda s: s.count_window(3),
    "counted, sliding": lambda s: s.count_window(3, 2),
}


@pytest.mark.parametrize(
    ("how", "backend"),
    [("aggregate", "heap"), ("mergeable", "heap"), ("process", "heap"), ("process", "embedded")],
)
@pytest.mark.parametrize("windows", _WINDOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_windows(kind: str, windows: str, how: str, backend: str) -> None:
    def build(stream: Any) -> Any:
        windowed = _WINDOWS[windows](stream.key_by(_key_of(kind)))
        if how == "process":
            return windowed.process(_InWindow())
        return windowed.aggregate(_Mergeable() if how == "mergeable" else _Counting())

    options: dict[str, Any] = {"config": BACKENDS[backend]}
    first = OneInputHarness.open_stream(build, **options)
    first.process(*_records(kind)[:-1], timestamp=8)
    second = OneInputHarness.open_stream(build, restore=first.snapshot(), **options)
    second.process(_records(kind)[-1], timestamp=8)
    second.watermark(100)
    second.processing_time(100)
    counts = second.output if how != "process" else [count for count, _ in second.output]
    # Sliding windows hold the records twice, and state of the key goes on counting.
    twice = [3, 6 if how == "process" else 3]
    assert first.output == []
    assert counts == (twice if windows in ("sliding", "sliding by the clock") else [3])
    if how == "process":
        assert {said for _, said in second.output} <= _said(kind)


class _InWindow(ProcessWindowFunction):
    """How many there are; counts them in state of the key, too."""

    def process(self, key: Any, context: Any, elements: Any) -> Iterator[Any]:
        found = context.global_state().get_state(ValueStateDescriptor("n", Types.INT()))
        found.update((found.value() or 0) + len(list(elements)))
        yield found.value(), type(key).__name__


def _said(kind: str) -> set[str]:
    """The types that the key may have as a window function sees it: never the stand-in of a table."""
    return {type(make()).__name__ for make in ONE_KEY[kind]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_running_reduce(kind: str) -> None:
    harness = OneInputHarness.open_stream(lambda s: s.key_by(_key_of(kind)).reduce(_add))
    harness.process(*_records(kind))
    assert [count for _, count in harness.output] == [1, 2, 3]


def _pair(left: Any, right: Any) -> Any:
    return left, right


_JOINS: dict[str, Any] = {
    "window join": WindowJoinOperation(
        TumblingEventTimeWindows.of(Time.milliseconds(10)), None, 0, "join", _pair
    ),
    "co-group": WindowJoinOperation(
        TumblingEventTimeWindows.of(Time.milliseconds(10)), None, 0, "co_group", lambda ls, rs: [(*ls, *rs)]
    ),
    "session join": WindowJoinOperation(EventTimeSessionWindows(10), None, 0, "join", _pair),
    "interval join": IntervalJoinOperation(-5, 5, True, True, "full", _pair),
    "as-of join": AsOfJoinOperation(None, "left", _pair),
}


@pytest.mark.parametrize("join", _JOINS)
@pytest.mark.parametrize("kind", KINDS)
def test_joins(kind: str, join: str) -> None:
    left, right, _ = _records(kind)
    options: dict[str, Any] = {"key_by": _key_of(kind), "key_by2": _key_of(kind)}
    first = TwoInputHarness(_JOINS[join], **options)
    first.process2(right, timestamp=5)
    second = TwoInputHarness(_JOINS[join], restore=first.snapshot(), **options)
    second.process1(left, timestamp=5)
    second.watermark(100)
    assert second.output == [(left, right)]


class _Both(KeyedCoProcessFunction):
    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("n", Types.INT()))

    def process_element1(self, value: Any, ctx: Any) -> Iterator[Any]:
        self.count.update((self.count.value() or 0) + 1)
        yield self.count.value()

    process_element2 = process_element1


@pytest.mark.parametrize("kind", KINDS)
def test_connected_streams(kind: str) -> None:
    harness = TwoInputHarness(_Both(), key_by=_key_of(kind), key_by2=_key_of(kind))
    left, right, third = _records(kind)
    harness.process1(left)
    harness.process2(right)
    harness.process1(third)
    assert harness.output == [1, 2, 3]


@pytest.mark.parametrize("mode", [RuntimeExecutionMode.STREAMING, RuntimeExecutionMode.BATCH])
@pytest.mark.parametrize("parallelism", [1, 3])
def test_jobs(parallelism: int, mode: RuntimeExecutionMode) -> None:
    """All groups at once: each comes to the number of its records."""
    groups = [name for name in ONE_KEY if name != "NaN of an enum"]
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    env.set_runtime_mode(mode)
    records = [(name, i % len(ONE_KEY[name]), 1) for name in groups for i in range(2 * len(ONE_KEY[name]))]
    # Groups that have a key in common are told apart by their names.
    sums = (
        env.from_collection(records)
        .key_by(lambda r: (r[0], ONE_KEY[r[0]][r[1]]()))
        .reduce(lambda a, b: (a[0], a[1], a[2] + b[2]))
    )
    most: dict[str, int] = {}
    for name, _, count in sums.execute_and_collect():
        most[name] = max(count, most.get(name, 0))
    assert most == {name: 2 * len(ONE_KEY[name]) for name in groups}
