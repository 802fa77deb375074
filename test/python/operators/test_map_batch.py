"""Vectorised functions: batches by size, bytes and time; results back to records."""

from __future__ import annotations

from typing import Any

import pytest
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
