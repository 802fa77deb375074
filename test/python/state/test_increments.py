"""A base and the increments since make what there was at the barrier, whatever changes while it is encoded."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isthmus._settings.settings import Settings
from isthmus._worker.runtime.operator import Cursor
from isthmus._worker.runtime.timers import Timers
from isthmus._worker.state.backend import KeyedBackend
from isthmus._worker.state.chunks import SavedSubtask, together
from isthmus._worker.state.key_identity import GroupOf, NamespacedKey
from isthmus._worker.state.store import SubtaskStore
from isthmus.datastream.state import MapStateDescriptor, ValueStateDescriptor

MAX_PARALLELISM = 8
KEYS = "abcdefgh"


class Tables:
    """Tables of every form, changed as operators and functions change them."""

    def __init__(self, saved: list[SavedSubtask] | SavedSubtask | None = None, subtask: int = 0, of: int = 1):
        found = saved if isinstance(saved, list) else [] if saved is None else [saved]
        self.store = SubtaskStore(GroupOf(MAX_PARALLELISM, of, subtask), subtask, of, found, checkpoints=True)
        self.state = self.store.of("op")
        self.cursor = Cursor()
        self.settings = Settings({})
        self.clock: Any = None
        backend = KeyedBackend(self)  # type: ignore[arg-type]
        self.value = backend.state("value", ValueStateDescriptor("v"))
        self.map = backend.state("map", MapStateDescriptor("m"))
        self.by_window = backend.table("windows of keys", by_window=True)
        self.windows = self.state.namespaced("windows")
        self.own: dict[str, list[Any]] = {}
        for key, entry in self.state.derived("own", lambda: self.own, list):
            self.own.setdefault(key, []).append(entry)
        self.timers = Timers(self.state)
        self.list = self.state.split_list("list")
        self.union = self.state.union_list("union")
        self.rules = self.state.broadcast("rules")
        self.drawn: int | None = next(iter(self.state.drawn("drawn", lambda: self.drawn)), None)

    def content(self) -> dict[str, Any]:
        """All of it, apart from what is done to it later."""
        return copy.deepcopy(
            {
                "value": dict(self.value._table),
                "map": dict(self.map._table),
                "by window": dict(self.by_window),
                "windows": {start: held for start, held in self.windows.items() if held},
                "own": self.own,
                "timers": [sorted(queue.items()) for queue in (self.timers.event, self.timers.processing)],
                "list": self.list,
                "union": self.union,
                "rules": self.rules,
                "drawn": self.drawn,
            }
        )

    def do(self, what: str, key: str, n: int) -> None:
        """With a record of a key, or a timer of it, at hand."""
        self.state.touch((key,))
        self.cursor.key = key
        window = NamespacedKey((key, n % 3))
        if what == "update":
            self.value.update(n if n % 2 else {"n": n})
        elif what == "change in place":
            value = self.value.value()
            if isinstance(value, dict):
                value["n"] = n
                value.setdefault("all", []).append(n)
        elif what == "clear":
            self.value.clear()
        elif what == "put":
            self.map.put(n % 5, [n] if n % 2 else n)
        elif what == "change in a map":
            for _, value in self.map.items():
                if isinstance(value, list):
                    value.append(n)
        elif what == "change one in a map":
            value = self.map.get(n % 5)
            if isinstance(value, list):
                value.append(n)
        elif what == "remove":
            self.map.remove(n % 5)
        elif what == "clear a map":
            self.map.clear()
        elif what == "by window":
            found = self.by_window.get(window)
            if found is None:
                self.by_window[window] = [n]
            else:
                found.append(n)
        elif what == "end by window":
            self.by_window.pop(window, None)
        elif what == "window":
            self.windows.setdefault(n % 3, {}).setdefault(key, []).append(n)
        elif what == "fire window" and n % 3 in self.windows:
            self.state.touch(self.windows[n % 3].keys())
            del self.windows[n % 3]
        elif what == "own":
            self.own.setdefault(key, []).append([n])
        elif what == "change own" and key in self.own:
            self.own[key][-1].append(n)
        elif what == "end own":
            self.own.pop(key, None)
        elif what == "register":
            self.timers.event.register(n % 7, key)
            self.timers.processing.register(n % 4, key)
        elif what == "delete":
            self.timers.event.delete(n % 7, key)
        elif what == "fire":
            for _ in self.timers.event.due(n % 7):
                if n % 2:
                    break
        elif what == "list":
            self.list.append([n])
        elif what == "change list" and self.list:
            self.list[0].append(n)
        elif what == "empty list":
            self.list.clear()
        elif what == "union":
            self.union.append(n)
        elif what == "rule":
            self.rules[n % 4] = n
        elif what == "no rule":
            self.rules.pop(n % 4, None)
        elif what == "draw":
            self.drawn = n % 9


WHAT = (
    *("update", "change in place", "clear", "put", "change in a map", "change one in a map", "remove"),
    *("clear a map", "by window", "end by window", "window", "fire window", "own", "change own", "end own"),
    *("register", "delete", "fire", "list", "change list", "empty list", "union", "rule", "no rule", "draw"),
)
DO = st.tuples(st.sampled_from(WHAT), st.sampled_from(KEYS), st.integers(0, 40))
STEPS = st.lists(
    st.one_of(
        DO,
        DO,
        DO,
        st.tuples(st.just("freeze"), st.booleans()),
        st.tuples(st.just("encode"), st.integers(1, 12)),
        st.tuples(st.sampled_from(["complete", "abort"])),
    ),
    max_size=80,
)


class Checkpoints:
    """What storage would have of one subtask."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.last = 0
        #: What is being encoded: frozen, its steps, its chunks so far, and what there was.
        self.under_way: tuple[Any, Any, list[Any], Any] | None = None
        self.saved: dict[int, tuple[int | None, SavedSubtask, Any]] = {}
        self.base: int | None = None

    def freeze(self, full: bool = False) -> None:
        self.abort()
        self.last += 1
        frozen = self.tables.store.freeze(self.last, full)
        assert frozen.base == (None if full else self.base)
        self.under_way = (frozen, frozen.steps(), [], self.tables.content())

    def encode(self, steps: int) -> bool:
        """Whether all is encoded."""
        if self.under_way is None:
            return False
        for _ in range(steps):
            step = next(self.under_way[1], self)
            if step is self:
                return True
            if step is not None:
                self.under_way[2].append(step)
        return False

    def complete(self) -> None:
        if self.under_way is None:
            return
        self.encode(10**6)
        frozen, _, chunks, content = self.under_way
        self.saved[frozen.checkpoint] = (frozen.base, SavedSubtask(0, 1, chunks), content)
        self.tables.store.completed(frozen.checkpoint)
        self.base = frozen.checkpoint
        self.under_way = None

    def abort(self) -> None:
        if self.under_way is not None:
            given_up = self.under_way[0].checkpoint
            self.tables.store.aborted(given_up)
            self.tables.store.completed(given_up)  # Late.
            self.under_way = None

    def chain(self, checkpoint: int) -> SavedSubtask:
        base, saved, _ = self.saved[checkpoint]
        return saved if base is None else together([self.chain(base), saved])


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_a_base_and_increments_are_what_there_was_at_the_barrier(steps):
    tables = Tables()
    checkpoints = Checkpoints(tables)
    for what, *rest in steps:
        if what == "freeze":
            checkpoints.freeze(*rest)
        elif what == "encode":
            checkpoints.encode(*rest)
        elif what == "complete":
            checkpoints.complete()
        elif what == "abort":
            checkpoints.abort()
        else:
            tables.do(what, *rest)
    checkpoints.freeze()
    checkpoints.complete()
    for checkpoint, (_, _, content) in checkpoints.saved.items():
        assert Tables(checkpoints.chain(checkpoint)).content() == content
    # And dealt out anew.
    chain = checkpoints.chain(checkpoints.last)
    content = tables.content()
    three = [Tables(chain, subtask, 3) for subtask in range(3)]
    for form in ("value", "map", "own", "by window"):
        assert {key: held for one in three for key, held in one.content()[form].items()} == content[form]
    again = [one.store.freeze(1).saved() for one in three]
    two = [Tables(again, subtask, 2).content() for subtask in range(2)]
    for form in ("value", "map", "own", "by window"):
        assert {key: held for one in two for key, held in one[form].items()} == content[form]
    assert [one["rules"] for one in two] == [content["rules"]] * 2


def saved_bytes(frozen: Any) -> int:
    return sum(len(chunk.data) for chunk in frozen.saved().chunks)


def test_a_tenth_of_the_keys_is_at_most_15_percent_of_all():
    tables = Tables()
    keys = [f"key-{i}" for i in range(20_000)]
    for i, key in enumerate(keys):
        tables.state.touch((key,))
        tables.cursor.key = key
        tables.value.update(i)
        tables.map.put("count", [i])
    full = saved_bytes(tables.store.freeze(1))
    tables.store.completed(1)
    for i, key in enumerate(keys[::10]):
        tables.state.touch((key,))
        tables.cursor.key = key
        tables.value.update(20_000 - i)
        tables.map.put("count", [i])
    assert 0 < saved_bytes(tables.store.freeze(2)) <= 0.15 * full


def test_one_entry_of_a_large_map_is_not_all_of_it():
    tables = Tables()
    tables.cursor.key = "a"
    tables.map.put_all({i: f"value {i}" for i in range(100_000)})
    full = saved_bytes(tables.store.freeze(1))
    tables.store.completed(1)
    tables.state.touch(("a",))
    tables.map.put(77, "changed")
    tables.map.remove(78)
    increment = tables.store.freeze(2).saved()
    assert sum(len(chunk.data) for chunk in increment.chunks) < full / 1_000


def test_what_is_read_and_cannot_be_changed_is_no_change_of_a_map():
    tables = Tables()
    tables.cursor.key = "a"
    tables.map.put("fixed", (1, "x"))
    tables.map.put("open", [1])
    tables.store.freeze(1).saved()
    tables.store.completed(1)
    assert dict(tables.map.items()) == {"fixed": (1, "x"), "open": [1]}
    increment = tables.store.freeze(2).saved()
    assert increment.entries("map:m") == [("a", "open", [1])]


class Account:
    def __init__(self) -> None:
        self.total = 0
        self.moves: list[int] = []

    def add(self, move: int) -> None:
        self.total += move
        self.moves.append(move)


@pytest.mark.parametrize("late", [0, 3])
def test_a_users_object_changed_in_place_is_frozen_as_it_was(late):
    tables = Tables()
    for i in range(300):
        key = f"key-{i}"
        tables.state.touch((key,))
        tables.cursor.key = key
        tables.value.update(Account())
        tables.value.value().add(i)
    frozen = tables.store.freeze(1)
    steps = frozen.steps()
    chunks = [next(steps) for _ in range(late)]
    for i in range(300):
        key = f"key-{i}"
        tables.state.touch((key,))
        tables.cursor.key = key
        tables.value.value().add(1_000)  # No update().
    chunks += steps
    saved = SavedSubtask(0, 1, [chunk for chunk in chunks if chunk is not None])
    found = Tables(saved).value._table
    assert {key: (one.total, one.moves) for key, one in found.items()} == {
        f"key-{i}": (i, [i]) for i in range(300)
    }
    tables.store.completed(1)
    changed = Tables(together([saved, tables.store.freeze(2).saved()])).value._table
    assert {key: one.moves for key, one in changed.items()} == {f"key-{i}": [i, 1_000] for i in range(300)}


def test_without_checkpoints_all_is_encoded_at_once():
    store = SubtaskStore(GroupOf(MAX_PARALLELISM, 1, 0), 0, 1)
    held = store.of("op").keyed("v")
    held["a"] = [1]
    frozen = store.freeze(1)
    held["a"].append(2)
    assert [pickle.loads(chunk.data) for chunk in frozen.saved().chunks] == [[("a", [1])]]
    assert store.of("op").touch(("a",)) is None


def test_what_is_removed_stays_away_and_changes_outlive_an_abort():
    tables = Tables()
    for key in KEYS:
        tables.do("update", key, 1)
        tables.do("put", key, 1)
        tables.do("put", key, 2)
    base = tables.store.freeze(1).saved()
    tables.store.completed(1)
    tables.do("clear", "a", 0)
    tables.do("remove", "b", 1)
    tables.do("update", "c", 3)
    tables.store.freeze(2).saved()
    tables.store.aborted(2)
    increment = tables.store.freeze(3).saved()
    assert Tables(together([base, increment])).content() == tables.content()


def test_a_value_of_a_map_changed_in_place_is_frozen_as_it_was():
    tables = Tables()
    tables.do("put", "a", 1)
    steps = tables.store.freeze(1).steps()
    tables.state.touch(("a",))
    tables.map.get(1).append(2)
    saved = SavedSubtask(0, 1, [chunk for chunk in steps if chunk is not None])
    assert saved.entries("map:m") == [("a", 1, [1])]
