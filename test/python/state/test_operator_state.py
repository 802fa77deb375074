"""State that belongs to no key: what a restore at any parallelism gives to whom. Twin of test/state/operator-state.test.ts."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isthmus._worker.state.key_identity import GroupOf
from isthmus._worker.state.operator_state import OperatorStates
from isthmus._worker.state.store import SubtaskStore
from isthmus.common import Time
from isthmus.datastream.functions import BroadcastProcessFunction, MapFunction
from isthmus.datastream.state import ListStateDescriptor, MapStateDescriptor, StateTtlConfig
from isthmus.errors import GraphError
from isthmus.testing import OneInputHarness, TwoInputHarness

SEEN = ListStateDescriptor("seen")
ALL = ListStateDescriptor("all")
RULES = MapStateDescriptor("rules")


class Remember(MapFunction):
    """Emits what it has seen so far, and what all subtasks had before the restore."""

    def open(self, runtime_context):
        store = runtime_context.get_operator_state_store()
        self.seen = store.get_list_state(SEEN)
        self.all = store.get_union_list_state(ALL)
        self.before = self.all.get()

    def map(self, value):
        self.seen.add(value)
        self.all.add(value)
        return self.seen.get(), self.before


def remember(subtask: int, parallelism: int, restore: Any = None) -> OneInputHarness:
    return OneInputHarness(Remember(), subtask=subtask, parallelism=parallelism, restore=restore)


def test_a_function_of_any_stream_has_it_and_finds_it_again_in_open():
    with remember(0, 2) as first, remember(1, 2) as second:
        first.process("a", "b", "c")
        second.process("d")
        snapshots = [second.snapshot(), first.snapshot()]
    before = ["a", "b", "c", "d"]
    with remember(1, 2, snapshots) as same:
        same.process("e")
        assert same.output == [(["d", "e"], before)]
    with remember(2, 3, snapshots) as wider:
        wider.process("e")
        assert wider.output == [(["c", "d", "e"], before)]
        assert wider.operator_state().get_list_state(SEEN).get() == ["c", "d", "e"]


def store_of(subtask: int, parallelism: int, saved: Any = ()) -> SubtaskStore:
    return SubtaskStore(GroupOf(128, parallelism, subtask), subtask, parallelism, saved)


@given(st.lists(st.lists(st.integers(), max_size=6), min_size=1, max_size=5), st.integers(1, 6))
def test_elements_of_a_list_are_with_exactly_one_subtask_after_any_restore_in_order(before, parallelism):
    snapshots = []
    for subtask, values in enumerate(before):
        store = store_of(subtask, len(before))
        OperatorStates(store.of("remember")).get_list_state(SEEN).update(values)
        snapshots.append(store.freeze().saved())
    after = []
    for subtask in range(parallelism):
        states = OperatorStates(store_of(subtask, parallelism, snapshots[::-1]).of("remember"))
        after.append(states.get_list_state(SEEN).get())
    assert list(chain.from_iterable(after)) == list(chain.from_iterable(before))
    if parallelism == len(before):
        assert after == before
    else:
        assert max(map(len, after)) - min(map(len, after)) <= 1


@given(
    st.lists(st.lists(st.integers(), max_size=4), min_size=1, max_size=5),
    st.lists(st.integers(1, 6), min_size=1, max_size=3),
    st.booleans(),
)
def test_what_nobody_declares_for_a_while_is_with_one_subtask_all_the_same(before, undeclared, checkpoints):
    def stores(parallelism: int, saved: Any = ()) -> list[SubtaskStore]:
        groups = [GroupOf(128, parallelism, subtask) for subtask in range(parallelism)]
        return [SubtaskStore(of, i, parallelism, saved, checkpoints) for i, of in enumerate(groups)]

    first = stores(len(before))
    for store, values in zip(first, before, strict=True):
        OperatorStates(store.of("remember")).get_list_state(SEEN).update(values)
    snapshots = [store.freeze(1).saved() for store in first]
    for parallelism in undeclared:
        snapshots = [store.freeze(1).saved() for store in stores(parallelism, snapshots)]
    after = [
        OperatorStates(store.of("remember")).get_list_state(SEEN).get() for store in stores(4, snapshots)
    ]
    assert list(chain.from_iterable(after)) == list(chain.from_iterable(before))


class Rule(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield ctx.get_broadcast_state(RULES).get(value)

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(RULES).put(*value)


def test_broadcast_state_is_the_same_in_all_subtasks():
    params = {"descriptors": ["rules"]}
    with TwoInputHarness(Rule(), params=params) as before:
        before.process2((("a", 1), "first"), ("b", "second"), (("a", 1), "third"))
        restore = [before.snapshot(), before.snapshot()]
    with TwoInputHarness(Rule(), params=params, restore=restore, subtask=3, parallelism=5) as after:
        after.process1(("a", 1))
        assert after.output == ["third"]
        rules = after.operator_state().get_broadcast_state(RULES)
        assert dict(rules.items()) == {("a", 1): "third", "b": "second"}
        rules.put_all({"c": "fourth"})
        rules.remove(("a", 1))
        assert list(rules.keys()) == ["b", "c"]
        rules.clear()
        assert rules.is_empty()


def test_what_cannot_be_is_said_in_a_sentence():
    states = OperatorStates(store_of(0, 1).of("remember"))
    states.get_list_state(SEEN)
    with pytest.raises(
        GraphError, match='"seen" is a list state already; give the union list state another name'
    ):
        states.get_union_list_state(SEEN)
    short = ListStateDescriptor("short")
    short.enable_time_to_live(StateTtlConfig.new_builder(Time.seconds(1)).build())
    with pytest.raises(GraphError, match='"short" cannot have a time to live'):
        states.get_list_state(short)


def test_operator_state_is_asked_for_with_its_own_descriptor():
    states = OperatorStates(store_of(0, 1).of("remember"))
    for ask, other in (
        (states.get_list_state, RULES),
        (states.get_union_list_state, "seen"),
        (states.get_broadcast_state, SEEN),
    ):
        with pytest.raises(TypeError, match=r"state is asked for with a \w+StateDescriptor; it was given"):
            ask(other)
