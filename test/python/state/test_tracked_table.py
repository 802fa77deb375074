"""A base and the increments since, of an embedded table, make what there was at the barrier, whatever changes meanwhile."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from isthmus._settings.resolve import settings_of
from isthmus._worker.runtime.operator import Cursor
from isthmus._worker.state.backend import KeyedBackend
from isthmus._worker.state.chunks import WHOLE, Chunk, SavedSubtask, changes_of, together
from isthmus._worker.state.embedded import EmbeddedStore
from isthmus._worker.state.key_identity import GroupOf
from isthmus._worker.state.store import SubtaskStore
from isthmus._worker.state.tracked_table import TrackedTable
from isthmus.datastream.state import ValueStateDescriptor

KEYS = st.sampled_from([*"abcdef", ("t", 1), 7])
STEP = st.one_of(
    st.tuples(st.sampled_from(["set", "change", "pop", "look"]), KEYS),
    st.tuples(st.sampled_from(["set", "change", "pop", "look"]), KEYS),
    st.tuples(st.just("freeze"), st.booleans()),
    st.tuples(st.just("encode"), st.integers(1, 6)),
    st.tuples(st.sampled_from(["complete", "abort"]), st.none()),
)


def loaded(chunks: list[Chunk]) -> dict[Any, Any]:
    """What a restore makes of them."""
    found: dict[Any, tuple[int, Any]] = {}
    for chunk in chunks:
        if chunk.kind == WHOLE:
            found = {key: held for key, held in found.items() if held[0] != chunk.group}
        removed, entries = changes_of(chunk)
        for (key,) in removed:
            found.pop(key, None)
        for key, value in entries:
            found[key] = (chunk.group, value)
    return {key: value for key, (_, value) in found.items()}


class Checkpoints:
    """What storage would have."""

    def __init__(self, table: TrackedTable) -> None:
        self.table = table
        self.last = 0
        self.base: int | None = None
        self.saved: dict[int, tuple[list[Chunk], Any]] = {}
        #: Checkpoints under way: their chunks so far, what is to come, and what there was.
        self.under_way: dict[int, tuple[list[Chunk], Any, Any]] = {}

    def freeze(self, full: bool, content: Any) -> None:
        self.last += 1
        full = full or self.base is None
        self.table.seal(self.last)
        view = self.table.view(not full)
        before = [] if full else list(self.saved[self.base or 0][0])
        steps = view.chunks(("op", "t", "keyed"), not full)
        self.under_way[self.last] = (before, steps, copy.deepcopy(content))

    def encode(self, steps: int) -> None:
        for chunks, rest, _ in self.under_way.values():
            for _, step in zip(range(steps), rest, strict=False):
                if step is not None:
                    chunks.append(step)

    def complete(self) -> None:
        """The oldest that is under way."""
        if self.under_way:
            self.encode(10**6)
            checkpoint = min(self.under_way)
            chunks, _, content = self.under_way.pop(checkpoint)
            self.table.encoded(checkpoint)
            self.table.completed(checkpoint)
            self.base = checkpoint
            self.saved[checkpoint] = chunks, content

    def abort(self) -> None:
        """The newest that is under way."""
        if self.under_way:
            checkpoint = max(self.under_way)
            del self.under_way[checkpoint]
            self.table.encoded(checkpoint)


@pytest.fixture(params=[1, 200])
def step_rows(request, monkeypatch):
    monkeypatch.setattr("isthmus._worker.state.tracked_table._STEP_ROWS", request.param)


@given(steps=st.lists(STEP, max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_a_base_and_increments_are_what_there_was_at_the_barrier(step_rows, steps):
    store = EmbeddedStore(None, 2)
    table = TrackedTable(store, GroupOf(4, 1, 0).group_of_entry)
    checkpoints = Checkpoints(table)
    model: dict[Any, list[int]] = {}
    for n, (what, argument) in enumerate([*steps, ("freeze", False), ("complete", None), ("complete", None)]):
        if what == "set":
            table[argument] = [n]
            model[argument] = [n]
        elif what == "change" and argument in model:
            held = table.get(argument)
            held.append(n)
            table[argument] = held
            model[argument].append(n)
        elif what == "pop":
            assert table.pop(argument, None) == model.pop(argument, None)
        elif what == "look":
            assert table.get(argument) == model.get(argument)
        elif what == "freeze":
            checkpoints.freeze(argument, model)
        elif what == "encode":
            checkpoints.encode(argument)
        elif what == "complete":
            checkpoints.complete()
        elif what == "abort":
            checkpoints.abort()
    for chunks, content in checkpoints.saved.values():
        assert loaded(chunks) == content
    assert dict(table.items()) == model
    store.close()


class Operator:
    """A value state in the embedded store of a subtask that takes checkpoints."""

    def __init__(self, saved: SavedSubtask | None = None) -> None:
        found = () if saved is None else (saved,)
        self.store = SubtaskStore(GroupOf(8, 1, 0), 0, 1, found, checkpoints=True)
        self.state = self.store.of("op")
        self.cursor = Cursor()
        self.settings = settings_of({"state.backend.type": "embedded", "isthmus.state.cache-entries": "10"})
        self.clock: Any = None
        self.value = KeyedBackend(self).state("value", ValueStateDescriptor("v"))

    def update(self, key: Any, value: Any) -> None:
        self.cursor.key = key
        self.value.update(value)

    def content(self) -> dict[Any, Any]:
        return dict(self.value._table.items())


def bytes_of(saved: SavedSubtask) -> int:
    return sum(len(chunk.data) for chunk in saved.chunks)


def test_a_tenth_of_the_keys_is_at_most_15_percent_of_all():
    operator = Operator()
    keys = [f"key-{i}" for i in range(5_000)]
    for i, key in enumerate(keys):
        operator.update(key, i)
    full = operator.store.freeze(1).saved()
    operator.store.completed(1)
    for key in keys[::10]:
        operator.update(key, -1)
    operator.cursor.key = keys[1]
    operator.value.clear()
    frozen = operator.store.freeze(2)
    content = operator.content()
    for key in keys[::3]:
        operator.update(key, -2)
    increment = frozen.saved()
    assert 0 < bytes_of(increment) <= 0.15 * bytes_of(full)
    assert Operator(together([full, increment])).content() == content
    # Given up, its changes are in the next one.
    operator.store.aborted(2)
    assert Operator(together([full, operator.store.freeze(3).saved()])).content() == operator.content()


def test_what_a_function_changes_in_place_is_frozen_as_it_was():
    operator = Operator()
    operator.update("a", [1])
    frozen = operator.store.freeze(1)
    operator.cursor.key = "a"
    held = operator.value.value()
    held.append(2)
    operator.value.update(held)
    assert Operator(frozen.saved()).content() == {"a": [1]}
    assert operator.content() == {"a": [1, 2]}
