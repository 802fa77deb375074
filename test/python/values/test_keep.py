"""Mirrors isthmus/_values/keep.py."""

from __future__ import annotations

import threading
from copy import deepcopy
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isthmus._values.keep import kept, sendable, take, take_timed
from isthmus._worker.runtime.operator import Cursor
from isthmus.common import Row
from isthmus.errors import CodecError


@dataclass
class Order:
    user: str
    items: list = field(default_factory=list)


@dataclass(slots=True)
class Slotted:
    n: int


@pytest.mark.parametrize(
    "record",
    [
        {"n": 1},
        {"n": [1]},
        [1, "x"],
        [[1]],
        {1, 2},
        bytearray(b"x"),
        (1, [2]),
        Row(1, 2),
        Row(a=1),
        Order("ann"),
        Order("ann", [1]),
        Slotted(1),
    ],
    ids=repr,
)
def test_a_record_that_can_be_changed_is_copied(record):
    copied = kept(record)
    assert copied == record
    assert type(copied) is type(record)
    assert copied is not record


def test_what_is_in_a_copy_is_a_copy():
    order = Order("ann", [1])
    copied = kept(order)
    order.items.append(2)
    assert copied.items == [1]


@pytest.mark.parametrize("record", [1, "x", None, 1.5, (1, "x"), (1, (2, 3)), threading.Lock()], ids=str)
def test_others_are_handed_on(record):
    assert kept(record) is record


class Colour(Enum):
    RED = 1


class Named(NamedTuple):
    n: int
    items: Any = None


@pytest.mark.parametrize(
    "record", [Colour.RED, (Colour.RED, 1), Order, len, Named(1), frozenset({1})], ids=str
)
def test_what_is_one_object_wherever_it_is_read_is_kept(record):
    assert kept(record) is record


def test_arrays_are_copied_and_their_scalars_kept():
    numpy = pytest.importorskip("numpy")
    array, scalar = numpy.array([1, 2]), numpy.float32(1.5)
    copied = kept({"array": array, "scalar": scalar})
    array[0] = 9
    assert list(copied["array"]) == [1, 2]
    assert kept(scalar) is scalar


def test_a_named_tuple_that_holds_a_list_is_copied():
    record = Named(1, [2])
    copied = kept(record)
    record.items.append(3)
    assert copied == Named(1, [2])


def test_what_a_record_refers_to_twice_its_copy_refers_to_twice():
    part = [1]
    for record in ({"a": part, "b": part}, [part, (part, 2)], Row(part, part), (Order("x", part), part)):
        a, b = loads_of(kept(record), part)
        assert a is b
        assert a is not part


def loads_of(copied, part):
    """The two places that held ``part``."""
    found = []

    def walk(value):
        if type(value) is list and value == part:
            found.append(value)
        elif isinstance(value, Order):
            walk(value.items)
        elif isinstance(value, dict):
            for item in value.values():
                walk(item)
        elif isinstance(value, (list, tuple, Row)):
            for item in value:
                walk(item)

    walk(copied)
    return found


def test_a_record_that_holds_itself_is_copied():
    record: dict = {"n": [1]}
    record["self"] = record
    copied = kept(record)
    assert copied["self"] is copied
    assert copied is not record
    cycle: list = []
    cycle.append((cycle,))
    assert kept(cycle)[0][0] is not cycle


class Custom:
    """Says itself how it is rebuilt."""

    def __init__(self, n):
        self.n = n
        self.cache = "big"

    def __getstate__(self):
        return {"n": self.n}


def test_a_class_that_says_how_it_is_pickled_is_asked():
    copied = kept(Custom(1))
    assert vars(copied) == {"n": 1}


def mixed():
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.binary(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(st.text(max_size=2), inner, max_size=3)
            | st.lists(inner, max_size=3).map(lambda fields: Row(*fields))
        ),
        max_leaves=8,
    )


def spoil(value):
    """Change all of a value that can be changed."""
    if type(value) is dict:
        for item in value.values():
            spoil(item)
        value["spoilt"] = True
    elif type(value) is list:
        for item in value:
            spoil(item)
        value.append("spoilt")
    elif type(value) is tuple:
        for item in value:
            spoil(item)
    elif type(value) is Row:
        for item in value:
            spoil(item)
        value._values.append("spoilt")


@given(st.lists(mixed(), max_size=12), st.booleans())
def test_what_is_taken_is_what_was_there_before_the_iterator_went_on(records, timed):
    """K1, against a model that copies deeply."""

    def changing():
        for record in records:
            yield record
            spoil(record)

    expected = deepcopy(records)
    values: list = []
    timestamps: list = []
    if timed:
        take_timed(changing(), values, 100, kept, timestamps, Cursor())
        assert len(timestamps) == len(values)
    else:
        take(changing(), values, 100, kept)
    assert values == expected
    assert [type(value) for value in values] == [type(value) for value in expected]


@pytest.mark.parametrize("records", [[1, 2], [(1, 2), (3, 4)], [{"n": 1}, {"n": 2}], [[1], "x", (1,), {}]])
def test_what_was_taken_before_an_exception_stays_taken(records):
    def failing():
        yield from records
        raise ValueError("no more")

    values: list = []
    with pytest.raises(ValueError, match="no more"):
        take(failing(), values, 100, kept)
    assert values == records


@pytest.mark.parametrize(
    "records", [[1, 2, 3], [(1, 2), (3, 4), (5, 6)], [{"n": 1}, {"n": 2}, {"n": 3}], [1, "x", 2.0]]
)
def test_no_record_is_pulled_beyond_the_limit(records):
    iterator = iter(records)
    values: list = []
    take(iterator, values, 2, kept)
    assert values == records[:2]
    assert next(iterator) == records[2]


def test_what_cannot_be_pickled_cannot_be_sent():
    with pytest.raises(CodecError, match="cannot be sent to the next task"):
        sendable({"lock": threading.Lock()})
