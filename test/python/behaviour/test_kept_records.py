"""A record is what it was when it was emitted, and nobody else's behind an exchange, whatever functions do afterwards.

Each function here goes on to change what it has emitted. What comes out must be what a model says that copies deeply at
each emission.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from isthmus.common import Row, Types
from isthmus.datastream import OutputTag
from isthmus.datastream.functions import (
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoMapFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
)
from isthmus.datastream.state import MapStateDescriptor, ValueStateDescriptor

RECORDS = 40
SIDE = OutputTag("side")


@dataclass
class Order:
    n: int = 0
    items: list = field(default_factory=list)


class Plain:
    def __init__(self) -> None:
        self.n = 0

    def __eq__(self, other: object) -> bool:
        return type(other) is Plain and other.n == self.n

    def __repr__(self) -> str:
        return f"Plain({self.n})"

    __hash__ = None


class Slotted:
    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0

    def __eq__(self, other: object) -> bool:
        return type(other) is Slotted and other.n == self.n

    def __repr__(self) -> str:
        return f"Slotted({self.n})"

    __hash__ = None


def set_field(made, n):
    made["n"] = n


def set_attribute(made, n):
    made.n = n


def append(made, n):
    made.append(n)


def in_tuple(made, n):
    made[1].append(n)


def in_dict(made, n):
    made["of"]["n"] = n


#: How an object is made, and how it is changed.
CHANGED: dict[str, tuple[Any, Any]] = {
    "dict": (dict, set_field),
    "list": (list, append),
    "row": (lambda: Row(n=0), set_field),
    "dataclass": (Order, set_attribute),
    "plain": (Plain, set_attribute),
    "slotted": (Slotted, set_attribute),
    "bytes": (bytearray, append),
    "in a tuple": (lambda: ("x", []), in_tuple),
    "in a dict": (lambda: {"of": {}}, in_dict),
}


def changing(made, change):
    def lines(n):
        for i in range(3):
            change(made, n + i)
            yield made

    return lines


def model(kind):
    make, change = CHANGED[kind]
    lines = changing(make(), change)
    return [deepcopy(record) for n in range(RECORDS) for record in lines(n % 200)]


def same(record):
    return record


@pytest.mark.parametrize("channels", ["auto", "always"])
def test_what_a_function_yields_and_then_changes(env1, collect_each, channels):
    env1._configuration.set_string("isthmus.channels", channels)
    streams, expected = {}, {}
    for kind, (make, change) in CHANGED.items():
        made = env1.from_collection(range(RECORDS)).flat_map(changing(make(), change))
        alone = env1.from_collection(range(RECORDS)).flat_map(changing(make(), change))
        streams[f"{kind}, in a chain"] = alone.filter(lambda record: True)
        streams[f"{kind}, two readers"] = made
        streams[f"{kind}, behind an exchange"] = made.rebalance().map(same)
        expected |= dict.fromkeys(list(streams)[-3:], sorted(model(kind), key=repr))
    assert collect_each(**streams) == expected


class Same(MapFunction):
    def __init__(self):
        self.row = {"n": 0}

    def map(self, value):
        self.row["n"] += 1
        return self.row


class Aside(ProcessFunction):
    def __init__(self):
        self.row = {"n": 0}

    def process_element(self, value, ctx):
        for _ in range(2):
            self.row["n"] += 1
            yield SIDE, self.row
            yield self.row


class Seen(KeyedProcessFunction):
    """Hands out the object that is its state, and again when a timer fires."""

    def open(self, ctx):
        self.seen = ctx.get_state(ValueStateDescriptor("seen", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value, ctx):
        seen = self.seen.value() or []
        seen.append(value)
        self.seen.update(seen)
        ctx.timer_service().register_event_time_timer(value + 1)
        yield seen

    def on_timer(self, timestamp, ctx):
        seen = self.seen.value()
        for _ in range(2):
            seen.append(-1)
            yield seen


def seen():
    kept, found = [], []
    for n in range(RECORDS):
        kept.append(n)
        found.append(list(kept))
    for _ in range(2 * RECORDS):
        kept.append(-1)
        found.append(list(kept))
    return found


def counts(until):
    return [{"n": n} for n in range(1, until + 1)]


def one_key(value):
    return 0


@pytest.mark.parametrize("channels", ["auto", "always"])
def test_functions_that_keep_their_results(env1, collect_each, channels):
    env1._configuration.set_string("isthmus.channels", channels)
    numbers = env1.from_collection(range(RECORDS))
    aside = numbers.process(Aside())
    found = collect_each(
        map=numbers.map(Same()),
        main=aside,
        side=aside.get_side_output(SIDE),
        side_elsewhere=aside.get_side_output(SIDE).rebalance().map(same),
        state=numbers.key_by(one_key).process(Seen()),
    )
    evens = [{"n": n} for n in range(1, 2 * RECORDS + 1)]
    assert found == {
        "map": sorted(counts(RECORDS), key=repr),
        "main": sorted(evens, key=repr),
        "side": sorted(evens, key=repr),
        "side_elsewhere": sorted(evens, key=repr),
        "state": sorted(seen(), key=repr),
    }


class Both(CoMapFunction):
    def __init__(self):
        self.row = {"n": 0}

    def map1(self, value):
        self.row["n"] += 1
        return self.row

    map2 = map1


class BothFlat(CoFlatMapFunction):
    def __init__(self):
        self.row = {"n": 0}

    def flat_map1(self, value):
        self.row["n"] += 1
        yield self.row

    flat_map2 = flat_map1


class BothKeyed(KeyedCoProcessFunction):
    def __init__(self):
        self.row = {"n": 0}

    def process_element1(self, value, ctx):
        self.row["n"] += 1
        yield self.row

    process_element2 = process_element1


class Beside(BroadcastProcessFunction):
    def __init__(self):
        self.row = {"n": 0}

    def process_element(self, value, ctx):
        self.row["n"] += 1
        yield self.row

    process_broadcast_element = process_element


def test_functions_of_two_inputs(env1, collect_each):
    numbers = env1.from_collection(range(RECORDS))
    others = env1.from_collection(range(RECORDS))
    both = numbers.connect(others)
    rules = MapStateDescriptor("rules", Types.INT(), Types.INT())
    found = collect_each(
        co_map=both.map(Both()),
        co_flat_map=both.flat_map(BothFlat()),
        co_process=both.key_by(one_key, one_key).process(BothKeyed()),
        broadcast=numbers.connect(others.broadcast(rules)).process(Beside()),
    )
    assert found == dict.fromkeys(found, sorted(counts(2 * RECORDS), key=repr))


def increment(record):
    record["n"] += 1
    return record["n"]


def count_of_part(record):
    record["head"]["seen"] += 1
    return record["head"]["seen"]


def parts(order):
    head = {"order": order, "seen": 0}
    for line in range(3):
        yield {"line": line, "head": head}


def twice_in_one(record):
    record["a"]["n"] += 1
    return record["b"]["n"]


def one_part_in_two_fields(n):
    part = {"n": 0}
    return {"a": part, "b": part}


def test_records_share_nothing_behind_an_exchange(env, collect_each):
    row, head = {"n": 0}, {"seen": 0}
    lines = env.from_collection(range(5)).flat_map(parts)
    found = collect_each(
        repeated=env.from_collection([row] * 10).map(increment),
        repeated_parts=env.from_collection([{"head": head}] * 10).map(count_of_part),
        parts=env.from_collection([{"head": head, "i": i} for i in range(10)]).map(count_of_part),
        rebalanced=lines.rebalance().map(count_of_part),
        keyed=lines.key_by(lambda record: record["line"]).map(count_of_part),
        within=env.from_collection(range(10)).map(one_part_in_two_fields).rebalance().map(twice_in_one),
    )
    assert found == {
        "repeated": [1] * 10,
        "repeated_parts": [1] * 10,
        "parts": [1] * 10,
        "rebalanced": [1] * 15,
        "keyed": [1] * 15,
        "within": [1] * 10,
    }


class KeyOf:
    """Gives one list again and again, changed."""

    def __init__(self):
        self.key = [0]

    def get_key(self, value):
        self.key[0] = value % 4
        return self.key

    __call__ = get_key


class ChangesItsRecord(KeyedProcessFunction):
    def process_element(self, value, ctx):
        value["key"].append("changed")
        yield ctx.get_current_key()


def test_a_key_is_what_it_was_when_it_was_selected(env, collect_each):
    numbers = env.from_collection(range(RECORDS))
    tagged = env.from_collection([{"key": [n % 4]} for n in range(RECORDS)])

    class KeyIs(KeyedProcessFunction):
        def process_element(self, value, ctx):
            yield ctx.get_current_key() == [value % 4]

    found = collect_each(
        reused=numbers.key_by(KeyOf()).process(KeyIs()),
        part=tagged.key_by(lambda record: record["key"]).process(ChangesItsRecord()),
    )
    assert found == {
        "reused": [True] * RECORDS,
        "part": sorted(([n % 4] for n in range(RECORDS)), key=repr),
    }


def test_object_reuse_shares_them(env1):
    env1._configuration.set_boolean("pipeline.object-reuse", True)
    made = env1.from_collection(range(3)).flat_map(changing({}, set_field))
    with made.execute_and_collect() as results:
        assert len(list(results)) == 9
