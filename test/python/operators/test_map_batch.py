"""Vectorised functions: batches by size, bytes and time; results back to records."""

from __future__ import annotations

from typing import Any

import pytest
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.errors import ConfigurationError
from isthmus.testing import OneInputHarness


def harness(function: Any, kind: str = "map_batch", **params: Any) -> OneInputHarness:
    return OneInputHarness(function, kind=kind, params=params)


def test_batches_end_at_their_size_and_with_the_input_at_hand():
    sizes = []

    def double(batch):
        sizes.append(len(batch))
        return [v * 2 for v in batch]

    with harness(double, batchSize=3) as h:
        h.process_timed(*[(i, i + 100) for i in range(7)])
        assert sizes == [3, 3, 1]
        assert h.records == [(i * 2, i + 100) for i in range(7)]


def test_batches_end_at_their_bytes():
    sizes = []

    def count(batch):
        sizes.append(len(batch))
        return batch

    with harness(count, batchBytes=2000) as h:
        h.process(*["x" * 900] * 5)
    assert sizes == [3, 2]


def test_a_latency_budget_keeps_batches_open():
    with harness(lambda batch: [len(batch)] * len(batch), latencyMs=50, batchSize=10) as h:
        h.process(1)
        h.process(2)
        assert h.output == []
        h.processing_time(49)
        assert h.output == []
        h.processing_time(50)
        assert h.output == [2, 2]
        h.process(3)
        h.watermark(7)
        assert h.take() == [2, 2, 1]
        h.process(4)
        h.end()
        assert h.output == [1]


def test_the_number_of_results_must_fit():
    with harness(lambda batch: batch[:1]) as h, pytest.raises(ValueError, match="use flat_map_batch"):
        h.process(1, 2)


def test_flat_map_batch_may_give_any_number():
    with harness(lambda batch: [sum(batch)], kind="flat_map_batch") as h:
        h.process_timed((1, 5), (2, 6))
        assert h.records == [(3, 6)]


def test_numpy():
    pytest.importorskip("numpy")
    with harness(lambda a: a * 2.5, format="numpy") as h:
        h.process(1.0, 2.0)
        assert h.output == [2.5, 5.0]
        assert type(h.output[0]) is float
    with harness(lambda a: a[:, 0] + a[:, 1], format="numpy") as h:
        h.process((1, 2), (3, 4))
        assert h.output == [3, 7]


@pytest.mark.parametrize(
    "records",
    [
        [1, 2],
        [1, 2.5],
        [1.5, 2],
        [1.5, True],
        [True, 1],
        [1, 2**70],
        [1, None],
        [1.0, float("inf")],
        ["a", "b"],
    ],
    ids=str,
)
def test_numpy_arrays_are_those_that_numpy_makes_and_may_be_changed(records):
    numpy = pytest.importorskip("numpy")
    arrays = []
    with harness(lambda a: arrays.append(a) or a, format="numpy") as h:
        h.process(*records)
    ((array,), expected) = arrays, numpy.asarray(records)
    assert array.dtype == expected.dtype
    assert array.tolist() == expected.tolist()
    array[0] = array[1]


@pytest.mark.parametrize("name", ["arrow", "pandas", "polars"])
def test_tables(name):
    pytest.importorskip("pyarrow" if name == "arrow" else name)
    with harness(lambda table: table, format=name) as h:
        h.process({"a": 1, "b": "x"}, {"a": 2, "b": "y"})
        assert h.output == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    with harness(lambda table: table, format=name) as h:
        h.process((1, "x"), (2, "y"))
        assert h.output == [(1, "x"), (2, "y")]
    with harness(lambda table: table["value"], format=name) as h:
        h.process(5, 6)
        assert h.output == [5, 6]


def test_a_format_that_cannot_be_had():
    with pytest.raises(ConfigurationError, match="known: list, numpy"):
        harness(len, format="csv")


class Scaled:
    def open(self, runtime_context):
        self.factor = 10

    def map_batch(self, values):
        return [value * self.factor for value in values]


def test_an_object_with_the_method_needs_no_base_class():
    env = StreamExecutionEnvironment.get_execution_environment()
    numbers = env.from_collection([1, 2])
    with numbers.map_batch(Scaled()).execute_and_collect() as results:
        assert sorted(results) == [10, 20]


def test_what_is_no_function_is_refused():
    numbers = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    with pytest.raises(TypeError, match="flat_map_batch takes a function, or an object with a method"):
        numbers.flat_map_batch(Scaled())
