"""Time to live against a naive model that remembers when everything was renewed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isthmus._worker.runtime.runtime_context import runtime_context
from isthmus._worker.state.embedded import EmbeddedStore
from isthmus._worker.state.ttl import BackgroundCleanup, Expiry
from isthmus.common import Time
from isthmus.datastream.functions import KeyedProcessFunction, MapFunction
from isthmus.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from isthmus.errors import GraphError, StateError
from isthmus.testing import ManualClock, OneInputHarness

TTL = 10
BACKENDS: list[dict[str, str]] = [{}, {"state.backend.type": "embedded", "isthmus.state.cache-entries": "2"}]


def config(*, on_read: bool = False, expired: bool = False, background: bool = True) -> StateTtlConfig:
    builder = StateTtlConfig.new_builder(TTL)
    if on_read:
        builder.update_ttl_on_read_and_write()
    if expired:
        builder.return_expired_if_not_cleaned_up()
    if not background:
        builder.disable_cleanup_in_background()
    return builder.build()


class Run(KeyedProcessFunction):
    def __init__(self, ttl):
        self.ttl = ttl

    def open(self, runtime_context):
        descriptors = {
            "value": ValueStateDescriptor("v"),
            "list": ListStateDescriptor("l"),
            "map": MapStateDescriptor("m"),
            "reducing": ReducingStateDescriptor("r", lambda a, b: a + b),
        }
        for descriptor in descriptors.values():
            descriptor.enable_time_to_live(self.ttl)
        self.states = {
            "value": runtime_context.get_state(descriptors["value"]),
            "list": runtime_context.get_list_state(descriptors["list"]),
            "map": runtime_context.get_map_state(descriptors["map"]),
            "reducing": runtime_context.get_reducing_state(descriptors["reducing"]),
        }

    def process_element(self, value, ctx):
        state, method, *arguments = value
        result = getattr(self.states[state], method)(*arguments)
        yield sorted(result) if method == "items" else result


def drive(h: OneInputHarness, script: list[tuple]) -> list[Any]:
    found = []
    for step in script:
        if step[0] == "pass":
            h.processing_time(h.clock.now_ms() + step[1])
        else:
            h.process(step)
            found += h.take()
    return found


def run(ttl: StateTtlConfig, *script: tuple, backend: dict[str, str] | None = None) -> list[Any]:
    with OneInputHarness(Run(ttl), key_by=lambda v: "k", config=backend) as h:
        return drive(h, list(script))


def test_a_value_expires_after_its_time_and_not_before():
    assert run(
        config(),
        ("value", "update", 1),
        ("pass", TTL - 1),
        ("value", "value"),
        ("pass", 1),
        ("value", "value"),
    ) == [None, 1, None]


def test_reading_renews_only_where_configured():
    script = (("value", "update", 1), ("pass", 6), ("value", "value"), ("pass", 6), ("value", "value"))
    assert run(config(), *script)[-1] is None
    assert run(config(on_read=True), *script)[-1] == 1


def test_an_expired_value_may_be_given_once_where_configured():
    assert run(
        config(expired=True, background=False),
        ("value", "update", 1),
        ("pass", TTL),
        ("value", "value"),
        ("value", "value"),
    ) == [None, 1, None]


def test_list_elements_and_map_entries_expire_one_by_one():
    assert run(
        config(),
        ("list", "add", "old"),
        ("map", "put", "old", 1),
        ("pass", 6),
        ("list", "add", "new"),
        ("map", "put", "new", 2),
        ("pass", 6),
        ("list", "get"),
        ("map", "items"),
        ("map", "get", "old"),
        ("map", "contains", "old"),
    )[4:] == [["new"], [("new", 2)], None, False]


def test_expired_state_is_not_in_a_snapshot():
    with OneInputHarness(Run(config(background=False)), key_by=lambda v: "k") as h:
        drive(h, [("value", "update", 1), ("list", "add", 1), ("map", "put", 1, 1), ("pass", TTL)])
        assert h.snapshot().chunks == []
        drive(h, [("list", "add", 2)])
        assert h.snapshot() is not None


class Keep(KeyedProcessFunction):
    """Adds to the list or the map of a key; the record says which, and the key."""

    def open(self, runtime_context):
        self.states = {
            "value": runtime_context.get_state(expiring(ValueStateDescriptor("v"))),
            "list": runtime_context.get_list_state(expiring(ListStateDescriptor("l"))),
            "map": runtime_context.get_map_state(expiring(MapStateDescriptor("m"))),
        }

    def process_element(self, value, ctx):
        kind = value[0]
        if kind == "list":
            self.states["list"].add(1)
        elif kind == "map":
            self.states["map"].put("x", 1)
        else:
            self.states["value"].update(1)


def expiring(descriptor):
    descriptor.enable_time_to_live(config())
    return descriptor


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["value", "list", "map"])
def test_what_nobody_asks_for_goes_away(kind, backend):
    with OneInputHarness(Keep(), key_by=lambda v: v[1], config=backend) as h:
        h.process(*((kind, key) for key in range(100)))
        h.processing_time(TTL - 2)
        h.process(*((kind, key) for key in range(5)))
        h.processing_time(TTL)
        h.process(*((kind, "other") for _ in range(120)))
        backend = runtime_context(h.context).backend
        name = f"{kind}+ttl:{kind[0]}"
        declared = h.context.state
        table = declared.maps(name)[0] if kind == "map" else backend.table(name)
        assert sorted(map(str, (key for key, _ in table.items()))) == ["0", "1", "2", "3", "4", "other"]


def test_a_table_on_disk_is_cleaned_up_without_being_read_into_memory():
    store = EmbeddedStore(None, 10)
    table = store.table()
    for key in range(5_000):
        table[key] = ("old", 0)
    cleanup = BackgroundCleanup(table, "value", Expiry(config(), ManualClock(TTL)))
    cleanup.step()
    cleanup.step()
    for key in range(3_000, 4_000):
        table[key] = ("new", TTL)  # Some of them in the page that was read.
    for _ in range(2_500):
        cleanup.step()
        assert len(table._cache) <= 10
    assert {key for key, _ in table.items()} == set(range(3_000, 4_000))
    store.close()


class Model:
    def __init__(self, on_read: bool) -> None:
        self.on_read = on_read
        self.now = 0
        self.value: tuple | None = None
        self.list: list[list] = []
        self.map: dict[Any, list] = {}
        self.reducing: tuple | None = None

    def alive(self, renewed: int) -> bool:
        return self.now < renewed + TTL

    def step(self, state: str, method: str, *arguments: Any) -> Any:
        if state in ("value", "reducing"):
            entry = getattr(self, state)
            if entry is not None and not self.alive(entry[1]):
                entry = None
            if method == "update":
                entry = (arguments[0], self.now)
            elif method == "add":
                entry = (arguments[0] if entry is None else entry[0] + arguments[0], self.now)
            elif entry is not None and self.on_read:
                entry = (entry[0], self.now)
            setattr(self, state, entry)
            return entry[0] if entry is not None and method in ("value", "get") else None
        if state == "list":
            self.list = [e for e in self.list if self.alive(e[1])]
            if method == "add":
                self.list.append([arguments[0], self.now])
                return None
            if self.on_read:
                for entry in self.list:
                    entry[1] = self.now
            return [e[0] for e in self.list]
        self.map = {k: e for k, e in self.map.items() if self.alive(e[1])}
        if method == "put":
            self.map[arguments[0]] = [arguments[1], self.now]
            return None
        if method == "get":
            entry = self.map.get(arguments[0])
            if entry is not None and self.on_read:
                entry[1] = self.now
            return entry[0] if entry else None
        if self.on_read:
            for entry in self.map.values():
                entry[1] = self.now
        return sorted((k, e[0]) for k, e in self.map.items())


steps = st.one_of(
    st.tuples(st.just("pass"), st.integers(1, 12)),
    st.tuples(st.just("value"), st.just("update"), st.integers(0, 5)),
    st.tuples(st.just("value"), st.just("value")),
    st.tuples(st.just("reducing"), st.just("add"), st.integers(0, 5)),
    st.tuples(st.just("reducing"), st.just("get")),
    st.tuples(st.just("list"), st.just("add"), st.integers(0, 5)),
    st.tuples(st.just("list"), st.just("get")),
    st.tuples(st.just("map"), st.just("put"), st.integers(0, 2), st.integers(0, 5)),
    st.tuples(st.just("map"), st.just("get"), st.integers(0, 2)),
    st.tuples(st.just("map"), st.just("items")),
)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("on_read", [False, True])
@given(script=st.lists(steps, max_size=30))
@settings(max_examples=50, deadline=None)
def test_expires_as_the_model_does(backend, on_read, script):
    model = Model(on_read)
    expected = []
    for step in script:
        if step[0] == "pass":
            model.now += step[1]
        else:
            expected.append(model.step(*step))
    assert run(config(on_read=on_read), *script, backend=backend) == expected


class KeepsOne(KeyedProcessFunction):
    def __init__(self, *descriptors):
        self.descriptors = descriptors

    def open(self, runtime_context):
        for descriptor in self.descriptors:
            of_list = isinstance(descriptor, ListStateDescriptor)
            get = runtime_context.get_list_state if of_list else runtime_context.get_state
            self.state = get(descriptor)

    def process_element(self, value, ctx):
        self.state.update([value])
        yield self.state


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (ValueStateDescriptor("x"), expiring(ValueStateDescriptor("x")), "a value state with a time to live"),
        (expiring(ListStateDescriptor("x")), ListStateDescriptor("x"), "a list state without a time to live"),
        (ValueStateDescriptor("x"), ListStateDescriptor("x"), "a list state without a time to live"),
    ],
)
def test_state_of_another_kind_is_not_read_as_this(before, after, told, backend):
    with OneInputHarness(KeepsOne(before), key_by=lambda v: v, config=backend) as h:
        h.process(1)
        saved = h.snapshot()
    OneInputHarness(KeepsOne(before), key_by=lambda v: v, config=backend, restore=saved).close()
    with pytest.raises(StateError, match=f'The state "x" was kept as .*; here it is {told}'):
        OneInputHarness(KeepsOne(after), key_by=lambda v: v, config=backend, restore=saved)


def test_a_name_is_one_state():
    both = KeepsOne(ValueStateDescriptor("x"), ListStateDescriptor("x"))
    with pytest.raises(
        GraphError, match='The state "x" is a value state already; give the list state another'
    ):
        OneInputHarness(both, key_by=lambda v: v)


@pytest.mark.parametrize(
    "method", ["state", "list_state", "map_state", "reducing_state", "aggregating_state"]
)
def test_a_state_is_asked_for_with_its_own_descriptor(method):
    class Asks(MapFunction):
        def __init__(self, given):
            self.given = given

        def open(self, runtime_context):
            getattr(runtime_context, f"get_{method}")(self.given)

        def map(self, value):
            return value

    other = ValueStateDescriptor("x") if method == "list_state" else ListStateDescriptor("x")
    for asked in (other, "x", None):
        with pytest.raises(
            TypeError, match=r"A \w+ state is asked for with a \w+StateDescriptor; it was given "
        ):
            OneInputHarness(Asks(asked), key_by=lambda v: v)


@pytest.mark.parametrize("ttl", [Time.milliseconds(0), Time.seconds(-1)])
def test_a_time_to_live_is_above_0(ttl):
    with pytest.raises(ValueError, match="TTL is expected to be positive: a millisecond or more; it is"):
        StateTtlConfig.new_builder(ttl).build()
    with pytest.raises(TypeError, match=r"A length of time is a Time, .*; it was given None"):
        StateTtlConfig.new_builder(None).build()
