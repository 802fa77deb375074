"""One contract for both backends: what states do per key, and that snapshots carry it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isthmus.datastream.functions import AggregateFunction, KeyedProcessFunction
from isthmus.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from isthmus.errors import OutputError
from isthmus.testing import OneInputHarness

BACKENDS: dict[str, dict[str, str]] = {
    "heap": {},
    # Two cached keys a table: nearly every access goes to the file.
    "embedded": {"state.backend.type": "rocksdb", "isthmus.state.cache-entries": "2"},
}


class Mean(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value, accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, acc_a, acc_b):
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Run(KeyedProcessFunction):
    """Runs what a record says on all states of its key: (key, state, method, *arguments)."""

    def open(self, runtime_context):
        self.states = {
            "value": runtime_context.get_state(ValueStateDescriptor("v")),
            "list": runtime_context.get_list_state(ListStateDescriptor("l")),
            "map": runtime_context.get_map_state(MapStateDescriptor("m")),
            "reducing": runtime_context.get_reducing_state(ReducingStateDescriptor("r", max)),
            "aggregating": runtime_context.get_aggregating_state(AggregatingStateDescriptor("a", Mean())),
        }

    def process_element(self, value, ctx):
        _, state, method, *arguments = value
        result = getattr(self.states[state], method)(*arguments)
        if method in ("items", "keys", "values"):
            result = sorted(result)
        yield result


def harness(backend: str, **options: Any) -> OneInputHarness:
    return OneInputHarness(Run(), key_by=lambda v: v[0], config=BACKENDS[backend], **options)


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


def outputs(backend: str, *calls: tuple) -> list[Any]:
    with harness(backend) as h:
        h.process(*calls)
        return h.output


def test_fresh_state_is_empty(backend):
    assert outputs(
        backend,
        ("k", "value", "value"),
        ("k", "list", "get"),
        ("k", "map", "get", 1),
        ("k", "map", "items"),
        ("k", "map", "is_empty"),
        ("k", "map", "contains", 1),
        ("k", "reducing", "get"),
        ("k", "aggregating", "get"),
    ) == [None, [], None, [], True, False, None, None]


def test_keys_do_not_see_each_other(backend):
    with harness(backend) as h:
        for key in range(6):
            h.process((key, "value", "update", key * 10), (key, "list", "add", key))
        h.take()
        for key in range(6):
            h.process((key, "value", "value"), (key, "list", "get"))
        assert h.output == [x for key in range(6) for x in (key * 10, [key])]


def test_list_state(backend):
    assert outputs(
        backend,
        ("k", "list", "add", "x"),
        ("k", "list", "add_all", ["y", "x"]),
        ("k", "list", "get"),
        ("k", "list", "update", ["z"]),
        ("k", "list", "add", None),
        ("k", "list", "get"),
        ("k", "list", "update", []),
        ("k", "list", "get"),
    ) == [None, None, ["x", "y", "x"], None, None, ["z", None], None, []]


def test_map_state(backend):
    assert outputs(
        backend,
        ("k", "map", "put", "a", 1),
        ("k", "map", "put_all", {"b": 2, "c": 3}),
        ("k", "map", "remove", "a"),
        ("k", "map", "remove", "missing"),
        ("k", "map", "items"),
        ("k", "map", "keys"),
        ("k", "map", "values"),
        ("k", "map", "__contains__", "b"),
        ("k", "map", "__getitem__", "b"),
        ("k", "map", "__setitem__", "d", 4),
        ("k", "map", "__delitem__", "b"),
        ("k", "map", "keys"),
        ("k", "map", "clear"),
        ("k", "map", "remove", "d"),
        ("k", "map", "is_empty"),
    ) == [
        None,
        None,
        None,
        None,
        [("b", 2), ("c", 3)],
        ["b", "c"],
        [2, 3],
        True,
        2,
        None,
        None,
        ["c", "d"],
        None,
        None,
        True,
    ]


def test_reducing_and_aggregating_state(backend):
    assert outputs(
        backend,
        ("k", "reducing", "add", 4),
        ("k", "reducing", "add", 9),
        ("k", "reducing", "add", 2),
        ("k", "reducing", "get"),
        ("k", "reducing", "clear"),
        ("k", "reducing", "get"),
        ("k", "aggregating", "add", 1),
        ("k", "aggregating", "add", 4),
        ("k", "aggregating", "get"),
        ("k", "aggregating", "clear"),
        ("k", "aggregating", "get"),
    ) == [None, None, None, 9, None, None, None, None, 2.5, None, None]


def test_keys_that_cannot_be_hashed(backend):
    assert outputs(
        backend,
        ([1, {"a": 2}], "value", "update", "first"),
        ([1, {"a": 3}], "value", "update", "second"),
        ([1, {"a": 2}], "value", "value"),
        ((1, [2]), "value", "value"),
    ) == [None, None, "first", None]


def test_equal_keys_share_their_state(backend):
    assert outputs(
        backend, (1, "value", "update", "one"), (1.0, "value", "value"), (True, "value", "value")
    ) == [
        None,
        "one",
        "one",
    ]


keys = st.sampled_from(["a", "b", "c", 1, 2, None, (1, "x")])
values = st.integers(-3, 3)
calls = st.one_of(
    st.tuples(keys, st.just("value"), st.just("update"), values),
    st.tuples(keys, st.sampled_from(["value", "list", "map", "reducing"]), st.just("clear")),
    st.tuples(keys, st.just("value"), st.just("value")),
    st.tuples(keys, st.just("list"), st.just("add"), values),
    st.tuples(keys, st.just("list"), st.just("update"), st.lists(values, max_size=3)),
    st.tuples(keys, st.just("list"), st.just("get")),
    st.tuples(keys, st.just("map"), st.just("put"), values, values),
    st.tuples(keys, st.just("map"), st.just("remove"), values),
    st.tuples(keys, st.just("map"), st.just("items")),
    st.tuples(keys, st.just("reducing"), st.just("add"), values),
    st.tuples(keys, st.just("reducing"), st.just("get")),
)


class Model:
    """Every key has a value, a list, a dict and a maximum."""

    def __init__(self) -> None:
        self.value: dict[Any, Any] = {}
        self.list: dict[Any, list] = {}
        self.map: dict[Any, dict] = {}
        self.reducing: dict[Any, Any] = {}

    def call(self, key: Any, state: str, method: str, *arguments: Any) -> Any:
        if method == "clear":
            getattr(self, state).pop(key, None)
            return None
        if state == "value":
            if method == "value":
                return self.value.get(key)
            self.value[key] = arguments[0]
        elif state == "list":
            if method == "get":
                return list(self.list.get(key, []))
            if method == "add":
                self.list.setdefault(key, []).append(arguments[0])
            else:
                self.list[key] = list(arguments[0])
        elif state == "map":
            if method == "items":
                return sorted(self.map.get(key, {}).items())
            if method == "put":
                self.map.setdefault(key, {})[arguments[0]] = arguments[1]
            else:
                self.map.get(key, {}).pop(arguments[0], None)
        else:
            if method == "get":
                return self.reducing.get(key)
            self.reducing[key] = max(arguments[0], self.reducing.get(key, arguments[0]))
        return None


@pytest.mark.parametrize("backend", BACKENDS)
@given(script=st.lists(calls, max_size=40), restart_at=st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_behaves_as_the_model_across_a_restart(backend, script, restart_at):
    model = Model()
    expected = [model.call(*call) for call in script]
    with harness(backend) as before:
        before.process(*script[:restart_at])
        found = before.output
        snapshot = before.snapshot()
    with harness(backend, restore=snapshot) as after:
        after.process(*script[restart_at:])
        assert found + after.output == expected


def test_a_snapshot_does_not_change_afterwards(backend):
    with harness(backend) as h:
        h.process(("k", "list", "add", 1))
        snapshot = h.snapshot()
        h.process(("k", "list", "add", 2))
    with harness(backend, restore=snapshot) as h:
        h.process(("k", "list", "get"))
        assert h.output == [[1]]


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 2), (2, 1)])
def test_rescaling_deals_keys_out_by_key_group(backend, before, after):
    from isthmus._worker.state.key_identity import GroupOf

    groups = GroupOf(128, 1, 0)

    def owner(key, parallelism):
        # Said here once more, not asked of what is tested.
        return groups.group(key) * parallelism // 128

    all_keys = [f"key-{i}" for i in range(40)]
    snapshots = []
    for subtask in range(before):
        with harness(backend, subtask=subtask, parallelism=before) as h:
            for key in all_keys:
                if owner(key, before) == subtask:
                    h.process((key, "value", "update", key.upper()))
            snapshots.append(h.snapshot())
    found = {}
    for subtask in range(after):
        with harness(backend, subtask=subtask, parallelism=after, restore=snapshots) as h:
            for key in all_keys:
                h.process((key, "value", "value"))
                value = h.take()[0]
                assert (value is not None) == (owner(key, after) == subtask)
                if value is not None:
                    found[key] = value
    assert found == {key: key.upper() for key in all_keys}


def test_the_embedded_store_leaves_no_file_behind(tmp_path):
    config = {**BACKENDS["embedded"], "isthmus.state.directory": str(tmp_path)}
    with OneInputHarness(Run(), key_by=lambda v: v[0], config=config) as h:
        h.process(*[(i, "value", "update", i) for i in range(100)])
        assert list(tmp_path.iterdir()) == []
        h.take()
        h.process(*[(i, "value", "value") for i in range(100)])
        assert h.output == list(range(100))


def test_a_full_disk_is_told_in_a_sentence(tmp_path):
    config = {**BACKENDS["embedded"], "isthmus.state.directory": str(tmp_path)}
    with OneInputHarness(Run(), key_by=lambda v: v[0], config=config) as h:
        h.process((1, "value", "update", 1))
        store = h.context.runtime.backend.store
        store.execute("PRAGMA max_page_count = 12")
        said = (
            f"cannot be kept in the embedded store in {tmp_path}: database or disk is full. Make room there"
        )
        with pytest.raises(OutputError, match=said):
            h.process(*[(i, "value", "update", "long" * 100) for i in range(1000)])


class Defaulting(KeyedProcessFunction):
    def open(self, runtime_context):
        self.names = runtime_context.get_state(ValueStateDescriptor("names", default_value=["ann"]))

    def process_element(self, value, ctx):
        if value == "change":
            self.names.value().append("bob")
        elif value == "clear":
            self.names.clear()
        else:
            self.names.update(value)
        yield self.names.value()


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_a_default_is_read_where_there_is_no_value_by_nobody_else_changed(backend):
    with OneInputHarness(Defaulting(), key_by=lambda v: "k", config=backend) as h:
        h.process("change", [], "clear")
        assert h.output == [["ann"], [], ["ann"]]
        assert h.snapshot().chunks == []
