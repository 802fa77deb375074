"""Async functions on a real event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from isthmus._interfaces.async_retry_predicates import empty_result_predicate, exception_type_predicate
from isthmus._interfaces.operations import AsyncOperation
from isthmus._values.failure import OperatorFailure
from isthmus.datastream.functions import AsyncFunction, AsyncRetryStrategy
from isthmus.testing import OneInputHarness


class Answers(AsyncFunction):
    """Answers each record once ``ready`` says so of it."""

    def __init__(self, ready: Callable[[int], bool] = lambda value: True) -> None:
        self.ready = ready
        self.answered: list[int] = []

    async def async_invoke(self, value):
        while not self.ready(value):
            await asyncio.sleep(0.001)
        self.answered.append(value)
        return [value, value * 10]


def last_first() -> Answers:
    """Answers 0, 2 and 4, the last of them first."""
    function = Answers()
    function.ready = lambda value: value == 4 or value + 2 in function.answered
    return function


def run(function: Any, *values: Any, **changes: Any) -> list[Any]:
    with harness(function, **changes) as h:
        h.process(*values)
        h.end()
        return h.output


def harness(function: Any, **changes: Any) -> OneInputHarness:
    given: dict[str, Any] = {"timeout": 0, "capacity": 10, "ordered": True, **changes}
    return OneInputHarness(AsyncOperation(function, **given))


def test_ordered_keeps_the_order_of_records():
    assert run(last_first(), 0, 2, 4) == [0, 0, 2, 20, 4, 40]


def test_unordered_emits_as_results_come():
    function = Answers()
    with harness(function, ordered=False) as h:
        function.ready = lambda value: value == 4 or value + 2 in h.output
        h.process(0, 2, 4)
        h.end()
        assert h.output == [4, 40, 2, 20, 0, 0]


@pytest.mark.parametrize("ordered", [True, False])
def test_no_result_crosses_a_watermark(ordered):
    function = Answers()
    function.ready = lambda value: value == 4 or 4 in function.answered
    with harness(function, ordered=ordered) as h:
        h.process(0, 3, timestamp=1)
        h.watermark(5)
        assert h.watermarks == []
        seen = []
        h.process(4, timestamp=9)
        while h.operator.pending():
            # A poll gives what stands before a watermark, and then that.
            h._work([h._waited()])
            h._work(h._chain.polled())
            seen += h.take()
            seen += [f"watermark {watermark}" for watermark in h.watermarks]
            h.watermarks.clear()
        assert set(seen[:4]) == {0, 3, 30}
        assert seen[4:] == ["watermark 5", 4, 40]


def test_a_watermark_without_calls_under_way_passes():
    with harness(Answers()) as h:
        h.watermark(5)
        assert h.watermarks == [5]


def test_results_keep_the_timestamp_of_their_record():
    with harness(Answers()) as h:
        h.process(4, timestamp=7)
        h.wait()
        assert h.records == [(4, 7), (40, 7)]


def test_no_more_calls_than_the_capacity():
    class Count(AsyncFunction):
        running = most = 0

        async def async_invoke(self, value):
            self.running += 1
            self.most = max(self.most, self.running)
            await asyncio.sleep(0.005)
            self.running -= 1
            return [value]

    function = Count()
    with harness(function, capacity=3) as h:
        assert h.operator.room() == 3
        h.process(*range(12))
        assert h.operator.room() == 0
        h.end()
        assert h.output == list(range(12))
        assert h.operator.room() == 3
    assert function.most == 3


class Constant(AsyncFunction):
    def __init__(self, result):
        self.result = result

    async def async_invoke(self, value):
        return self.result


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "The result of AsyncFunction cannot be none"),
        (1, "The result of AsyncFunction should be of list type"),
        ("text", "The result of AsyncFunction should be of list type"),
    ],
)
def test_a_wrong_result_fails(result, message):
    with pytest.raises(OperatorFailure, match=message):
        run(Constant(result), 1)


def test_an_exception_names_the_record():
    class Broken(AsyncFunction):
        async def async_invoke(self, value):
            raise ValueError("no such thing")

    with pytest.raises(OperatorFailure, match="no such thing") as raised:
        run(Broken(), {"id": 7})
    assert raised.value.known["record"] == "{'id': 7}"
    assert isinstance(raised.value.cause, ValueError)


class Slow(AsyncFunction):
    def __init__(self, fallback=None):
        self.fallback = fallback

    async def async_invoke(self, value):
        await asyncio.sleep(3600)

    def timeout(self, value):
        return self.fallback if self.fallback is not None else super().timeout(value)


def test_a_timeout_fails_or_falls_back():
    with pytest.raises(OperatorFailure, match="Async function call has timed out for input: 5"):
        run(Slow(), 5, timeout=20)
    assert run(Slow(["late"]), 5, timeout=20) == ["late"]


def test_a_timeout_error_of_the_function_is_its_own():
    class Raises(AsyncFunction):
        async def async_invoke(self, value):
            raise TimeoutError("mine")

    with pytest.raises(OperatorFailure, match="mine"):
        run(Raises(), 5, timeout=60_000)


class Flaky(AsyncFunction):
    def __init__(self, outcomes):
        self.outcomes = list(outcomes)

    async def async_invoke(self, value):
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_retries_until_a_good_result():
    only_values = partial(exception_type_predicate, expected_error_type=ValueError)
    retry = AsyncRetryStrategy.fixed_delay(3, 1, empty_result_predicate, only_values)
    assert run(Flaky([[], ValueError(), ["ok"]]), 1, timeout=60_000, retry=retry) == ["ok"]
    with pytest.raises(OperatorFailure, match="other"):
        run(Flaky([KeyError("other"), ["never"]]), 1, timeout=60_000, retry=retry)
    # The attempts are used up: the last result counts.
    assert run(Flaky([[], [], [], [], ["never"]]), 1, timeout=60_000, retry=retry) == []


def test_closing_ends_the_loop_and_cancels_what_is_under_way():
    before = threading.active_count()
    with harness(Slow()) as h:
        h.process(1)
    assert threading.active_count() == before


def test_in_batch_a_keyed_stream_loses_no_results():
    operation = AsyncOperation(Answers(), timeout=0, capacity=2, ordered=True)
    with OneInputHarness(operation, key_by=lambda v: v % 2, batch=True) as h:
        h.process(3, 2, 1, 4)
        assert h.output == []
        h.end()
        assert h.output == [2, 20, 4, 40, 3, 30, 1, 10]
        assert h.watermarks == [2**63 - 1]
