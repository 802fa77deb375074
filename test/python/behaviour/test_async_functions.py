"""Asynchronous functions: order, what they may return, what becomes of errors, timeouts and retries."""

from __future__ import annotations

import asyncio
import collections

import pytest
from isthmus._interfaces.async_retry_predicates import has_exception_predicate
from isthmus._interfaces.async_retry_strategies import FixedDelayRetryStrategy
from isthmus.common import Time, Types
from isthmus.datastream import AsyncDataStream, AsyncFunction
from isthmus.errors import UserFunctionError

PAIRS = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]
NAMED = Types.ROW_NAMED(["v1", "v2"], [Types.INT(), Types.INT()])


class Answers(AsyncFunction):
    """Answers with what it is made with."""

    def __init__(self, answer):
        self.answer = answer

    async def async_invoke(self, value):
        await asyncio.sleep(0)
        return self.answer(value)


class LastFirst(Answers):
    """Answers each record after the one behind it."""

    def open(self, runtime_context):
        self.answered = collections.defaultdict(asyncio.Event)

    async def async_invoke(self, value):
        if value[0] < len(PAIRS):
            await self.answered[value[0] + 1].wait()
        self.answered[value[0]].set()
        return self.answer(value)


class NeverAnswers(AsyncFunction):
    async def async_invoke(self, value):
        await asyncio.sleep(3600)

    def timeout(self, value):
        return [value[0] - value[1]]


class NeverAnswersAndRaises(NeverAnswers):
    def timeout(self, value):
        raise ValueError("encountered an exception")


class NeverAnswersAndSaysNothing(NeverAnswers):
    timeout = AsyncFunction.timeout


def raises(value):
    raise ValueError("encountered an exception")


class WhenSeen(Answers):
    """Answers each record when the results of the one behind it have been seen."""

    def __init__(self, answer, seen):
        super().__init__(answer)
        self.seen = seen

    async def async_invoke(self, value):
        while value[0] < len(PAIRS) and not (self.seen / str(value[0] + 1)).exists():
            await asyncio.sleep(0.005)
        return self.answer(value)


def results(env, function, *, wait=AsyncDataStream.unordered_wait, seconds=300.0, **more):
    stream = env.from_collection(PAIRS, NAMED)
    timeout = Time.milliseconds(int(seconds * 1000))
    made = wait(stream, function, timeout, **{"capacity": 2, "output_type": Types.INT(), **more})
    with made.execute_and_collect() as found:
        return list(found)


def test_unordered_results_come_as_they_are_ready(env1, tmp_path):
    stream = env1.from_collection(PAIRS, NAMED)
    function = WhenSeen(lambda v: [v[0]], tmp_path)
    found = []
    for number in AsyncDataStream.unordered_wait(stream, function, Time.hours(1)).execute_and_collect():
        found.append(number)
        (tmp_path / str(number)).touch()
    assert found == [5, 4, 3, 2, 1]


def test_ordered_results_come_in_the_order_of_their_records(env1):
    found = results(env1, LastFirst(lambda v: [v[0] + v[1]]), wait=AsyncDataStream.ordered_wait, capacity=5)
    assert found == [2, 4, 6, 8, 10]


def test_all_results_come_at_every_parallelism(env):
    assert sorted(results(env, Answers(lambda v: [v[0], v[1]]))) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_function_may_have_no_result(env):
    assert results(env, Answers(lambda v: [])) == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda v: v[0] + v[1], "The result of AsyncFunction should be of list type"),
        (lambda v: None, "The result of AsyncFunction cannot be none"),
        (raises, "encountered an exception"),
    ],
    ids=["no list", "None", "raises"],
)
def test_what_is_no_list_of_results_fails_the_job(env1, answer, message):
    with pytest.raises(UserFunctionError, match=message):
        results(env1, Answers(answer))


def test_a_timeout_may_answer_instead(env):
    assert results(env, NeverAnswers(), seconds=0.05) == [0] * 5


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (NeverAnswersAndRaises(), "encountered an exception"),
        (NeverAnswersAndSaysNothing(), "TimeoutError.*timed out"),
    ],
    ids=["raises", "default"],
)
def test_a_timeout_that_raises_fails_the_job(env1, function, message):
    with pytest.raises(UserFunctionError, match=message):
        results(env1, function, seconds=0.05)


class FailsTwice(AsyncFunction):
    def __init__(self):
        self.failures = {}

    async def async_invoke(self, value):
        failures = self.failures.get(value[0], 0)
        if failures < 2:
            self.failures[value[0]] = failures + 1
            raise ValueError("failed")
        return [value[0] + failures]


def delays(attempts):
    return FixedDelayRetryStrategy(attempts, 10, None, has_exception_predicate)


def test_a_retry_strategy_calls_again(env):
    found = results(
        env, FailsTwice(), wait=AsyncDataStream.unordered_wait_with_retry, async_retry_strategy=delays(5)
    )
    assert sorted(found) == [3, 4, 5, 6, 7]


def test_when_the_retries_are_used_up_the_last_error_counts(env1):
    with pytest.raises(UserFunctionError, match=r"ValueError.*failed"):
        results(
            env1,
            FailsTwice(),
            wait=AsyncDataStream.ordered_wait_with_retry,
            async_retry_strategy=delays(1),
        )


def test_a_function_that_is_not_async_is_refused_when_the_program_is_built(env1):
    class Blocks(AsyncFunction):
        def async_invoke(self, value):
            return [value]

    with pytest.raises(Exception, match="async def"):
        AsyncDataStream.ordered_wait(env1.from_collection([1]), Blocks(), Time.seconds(1))
