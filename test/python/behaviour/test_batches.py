"""Vectorised functions in jobs: what they are given at once."""

from __future__ import annotations

import time

import numpy
import numpy.typing
import pytest
from isthmus.errors import GraphError


def sizes(batch):
    return [len(batch)] * len(batch)


def slow_sizes(batch):
    time.sleep(0.006)  # Longer than a task may keep the loop.
    return sizes(batch)


def batches_of(stream):
    found = list(stream.execute_and_collect())
    return sum(1 / size for size in found), len(found)


@pytest.mark.parametrize("exchange", ["forward", "rebalance"])
def test_a_slow_function_is_not_called_for_every_record(env1, exchange):
    numbers = getattr(env1.from_collection(list(range(2_000))), exchange)()
    batches, records = batches_of(numbers.map_batch(slow_sizes))
    assert records == 2_000
    assert batches < 50


def test_the_records_of_a_short_input_are_one_batch(env1):
    stream = env1.from_collection(list(range(10))).map(lambda n: n + 1)
    assert list(stream.map_batch(sizes).execute_and_collect()) == [10] * 10
    assert list(stream.flat_map_batch(lambda batch: [sum(batch)]).execute_and_collect()) == [55]


def test_records_do_not_wait_for_those_that_a_slow_function_is_at(env1, tmp_path):
    """A batch goes although the input at hand is not used up."""
    gone = tmp_path / "gone"

    def slow(number):
        time.sleep(0.02)
        # The last one takes until a batch of those before it has gone.
        while number == 39 and not gone.exists():
            time.sleep(0.01)
        return number

    def batch(numbers):
        gone.touch()
        return numbers

    seen = env1.from_collection(list(range(40))).map(slow).map_batch(batch)
    assert list(seen.execute_and_collect()) == list(range(40))


def test_an_error_in_a_batch_names_its_operator(env):
    def fails(batch):
        raise ValueError("bad model")

    with pytest.raises(Exception, match=r'ValueError in operator "Map Batch".*: bad model'):
        list(env.from_collection([1, 2]).map_batch(fails).execute_and_collect())


def declared(batch: numpy.ndarray) -> numpy.ndarray:
    return batch + batch.shape[0]


class Declared:
    def flat_map_batch(self, batch: numpy.typing.NDArray[numpy.float64]) -> list[str]:
        return [type(batch).__name__]


def test_the_declared_type_of_the_parameter_says_the_format(env1):
    numbers = env1.from_collection([1.0, 2.0])
    assert list(numbers.map_batch(declared).execute_and_collect()) == [3.0, 4.0]
    assert list(numbers.flat_map_batch(Declared()).execute_and_collect()) == ["ndarray"]
    as_said = numbers.map_batch(lambda batch: [type(batch).__name__] * 2, format="list")
    assert list(as_said.execute_and_collect()) == ["list"] * 2
    with pytest.raises(
        GraphError, match=r"There is no batch format 'csv'; known: list, numpy, arrow, pandas, polars\."
    ):
        numbers.map_batch(declared, format="csv")
