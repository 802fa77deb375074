"""Running reduce and aggregates, and their BATCH form."""

from __future__ import annotations

from collections import namedtuple

import pytest
from isthmus.datastream.functions import ReduceFunction
from isthmus.datastream.state import ValueStateDescriptor
from isthmus.testing import OneInputHarness

Point = namedtuple("Point", "key x")


def aggregate(op, field, *values, key=lambda v: v[0], batch=False):
    with OneInputHarness(kind="aggregate", key_by=key, params={"op": op, "field": field}, batch=batch) as h:
        h.process(*values)
        h.end()
        return h.output


TUPLES = [("a", 3, 1.5), ("a", 1, 2.5), ("b", 7, 0.5), ("a", 2, -1.0), ("b", 9, 0.25)]


def test_aggregates_of_tuples():
    assert aggregate("sum", 1, *TUPLES) == [
        ("a", 3, 1.5),
        ("a", 4, 1.5),
        ("b", 7, 0.5),
        ("a", 6, 1.5),
        ("b", 16, 0.5),
    ]
    assert aggregate("min", 1, *TUPLES)[-2] == ("a", 1, 1.5)
    assert aggregate("min_by", 1, *TUPLES)[-2] == ("a", 1, 2.5)
    assert aggregate("max", 2, *TUPLES)[-2] == ("a", 3, 2.5)
    assert aggregate("max_by", 2, *TUPLES)[-2] == ("a", 1, 2.5)
    assert aggregate("sum", -1, *TUPLES)[-2] == ("a", 3, 3.0)


def test_ties_keep_the_first():
    assert aggregate("max_by", 1, ("a", 1, "first"), ("a", 1, "second"))[-1] == ("a", 1, "first")
    assert aggregate("min_by", 1, ("a", 1, "first"), ("a", 1, "second"))[-1] == ("a", 1, "first")


def test_aggregates_of_other_records():
    assert aggregate("sum", 0, 4, 8, 1, 5, key=lambda v: v % 2) == [4, 12, 1, 6]
    assert aggregate("sum", 0, "a", "b", key=lambda v: 0) == ["a", "ab"]
    assert aggregate("sum", "x", Point("k", 1), Point("k", 2)) == [Point("k", 1), Point("k", 3)]
    rows = [{"k": 1, "x": 1}, {"k": 1, "x": 2}]
    assert aggregate("sum", "x", *rows, key=lambda v: v["k"]) == [{"k": 1, "x": 1}, {"k": 1, "x": 3}]
    assert aggregate("max", 1, ["k", 1], ["k", 5]) == [["k", 1], ["k", 5]]


def test_a_field_of_a_scalar_is_an_error():
    with pytest.raises(TypeError, match="A field expression on a basic type can only select the 0th field"):
        aggregate("sum", 1, 4, 6, key=lambda v: 0)


def test_batch_execution_gives_one_result_a_key_in_order_of_keys():
    values = [("pear", 1), ("fig", 2), ("apple", 3), ("fig", 4), ("ab", 5)]
    assert aggregate("sum", 1, *values, batch=True) == [("ab", 5), ("fig", 6), ("pear", 1), ("apple", 3)]
    # Without a declared type by the pickled key, its bytes taken as signed: small numbers first, negative ones last.
    assert aggregate("sum", 0, 3, -20, 200, 1, key=lambda v: v, batch=True) == [200, 1, 3, -20]


def test_a_reduce_function_may_have_state():
    class Counting(ReduceFunction):
        def open(self, runtime_context):
            self.n = runtime_context.get_state(ValueStateDescriptor("n"))

        def reduce(self, value1, value2):
            self.n.update((self.n.value() or 0) + 1)
            return value1 + value2 + self.n.value() * 100

    with OneInputHarness(Counting(), key_by=lambda v: v % 2) as h:
        h.process(2, 4, 1, 6)
        snapshot = h.snapshot()
        assert h.output == [2, 106, 1, 312]
    with OneInputHarness(Counting(), key_by=lambda v: v % 2, restore=snapshot) as h:
        h.process(8)
        assert h.output == [312 + 8 + 300]


def test_reduce_by_keys_that_cannot_be_hashed():
    with OneInputHarness(lambda a, b: a + b, kind="reduce", key_by=lambda v: [v % 2]) as h:
        h.process(1, 3, 2)
        assert h.output == [1, 4, 2]
