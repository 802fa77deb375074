"""Whatever user code raises, wherever: it is its own failure, told with operator, record and line, and soon."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time

import pytest
from isthmus.common import Time, Types
from isthmus.datastream import AsyncDataStream, AsyncFunction
from isthmus.datastream.functions import MapFunction
from isthmus.errors import CodecError, UserFunctionError
from places import PLACES


class Own(BaseException):
    """As panics of Rust extensions are."""


class Worded(Exception):
    """Its text is made by code that fails."""

    def __str__(self):
        raise Own


class NoText(Exception):
    def __str__(self):
        return 3


class Slow(Exception):
    def __str__(self):
        time.sleep(3600)


class Clings(Exception):
    """Pickling and unpickling it ends a process."""

    def __reduce__(self):
        return sys.exit, (3,)


class WontPickle(Exception):
    def __reduce__(self):
        sys.exit(3)


def exits(*_):
    sys.exit(3)


def cyclic(*_):
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    raise first


def chained(*_):
    error = None
    for i in range(5_000):
        error, before = ValueError(f"number {i}"), error
        error.__cause__ = before
    raise error


def recurses(*_):
    recurses()


def raising(error):
    def does(*_):
        raise error()

    return does


#: What is raised → the type the report names, where it is another.
KINDS = {
    "SystemExit": exits,
    "KeyboardInterrupt": raising(KeyboardInterrupt),
    "GeneratorExit": raising(GeneratorExit),
    "CancelledError": raising(asyncio.CancelledError),
    "StopAsyncIteration": raising(StopAsyncIteration),
    "MemoryError": raising(MemoryError),
    "RecursionError": recurses,
    "Own": raising(Own),
    "Worded": raising(Worded),
    "NoText": raising(NoText),
    "Slow": raising(Slow),
    "Clings": raising(Clings),
    "WontPickle": raising(WontPickle),
    "ValueError": cyclic,
    "ValueError of many": chained,
}
#: Where a failure takes another way to the worker's loop than elsewhere.
WAYS = ["map", "open of a class", "close of a class", "key selector", "generator source", "async invoke"]
#: Records whose own code fails cannot be sent: an error of the record's, caused by what was raised.
OF_RECORDS = ("pickling", "unpickling")


def failure(env, place, does):
    stream = PLACES[place](env.from_collection([1]), does)
    with pytest.raises((UserFunctionError, CodecError)) as caught:
        if stream is None:
            env.execute()
        else:
            list(stream.execute_and_collect())
    return caught.value


@pytest.mark.parametrize("place", PLACES)
def test_everywhere_it_is_the_users_error(env, place):
    error = failure(env, place, exits)
    assert error.code == ("ISTHMUS_CODEC" if place in OF_RECORDS else "ISTHMUS_USER_FUNCTION")
    assert error.report["operator"]
    assert f'File "{__file__}", line' in str(error), "the user's line"
    assert "sys.exit(3)" in str(error)
    assert place in OF_RECORDS or error.report["exceptionType"] == "SystemExit"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", WAYS)
def test_everything_is_told(env, place, kind):
    error = failure(env, place, KINDS[kind])
    assert error.report["exceptionType"] == kind.split()[0]
    assert f'File "{__file__}", line' in str(error)
    assert len(str(error)) < 25_000
    if place in ("map", "key selector", "async invoke"):
        assert error.report["record"] == "1"


@pytest.mark.parametrize(
    "place",
    [p for p in PLACES if p not in (*OF_RECORDS, "iterator source", "generator source", "async callback")],
)
def test_a_stop_iteration_ends_no_stream_in_silence(env, place):
    error = failure(env, place, raising(StopIteration))
    assert "StopIteration" in str(error)


#: Functions whose StopIteration a generator of ours or of the user's makes a RuntimeError of.
@pytest.mark.parametrize(
    "place", ["generator", "reduce", "event time timer", "window function", "co process"]
)
def test_a_stop_iteration_is_of_the_operator_that_raised_it(env, place):
    wanted = failure(env, place, raising(ValueError)).report["operator"]
    assert failure(env, place, raising(StopIteration)).report["operator"] == wanted


def test_what_an_exception_says_is_bounded(env):
    error = failure(env, "map", raising(lambda: ValueError("x" * 10_000_000)))
    assert len(str(error)) < 50_000
    assert len(error.report["exceptionMessage"]) == 4000


@pytest.mark.skipif(sys.version_info < (3, 11), reason="has no exception groups")
def test_groups_show_the_users_lines(env):
    def grouped(*_):
        try:
            raise ValueError("one")
        except ValueError as e:
            raise BaseExceptionGroup("several", [e, Own()]) from None  # noqa: F821

    error = failure(env, "map", grouped)
    assert "ValueError: one" in str(error)
    assert "isthmus/_worker" not in str(error)


def test_a_record_is_shown_in_bounded_time(env):
    class Waits:
        def __repr__(self):
            time.sleep(3600)

    shared = ["x"]
    for _ in range(60):
        shared = [shared, shared]
    for record in (shared, [Waits()] * 3):
        stream = env.from_collection([1]).map(lambda v, record=record: record).map(exits)
        with pytest.raises(UserFunctionError) as caught:
            list(stream.execute_and_collect())
        error = caught.value
    assert "SystemExit" in str(error)


class Job(MapFunction):
    """Fails at its record; what its ``close`` does is given."""

    def __init__(self, closes):
        self.closes = closes

    def map(self, value):
        return 1 / value

    def close(self):
        self.closes()


@pytest.mark.parametrize(
    "closes",
    [
        lambda: time.sleep(3600),
        lambda: os._exit(3),
        lambda: os.kill(os.getpid(), signal.SIGSEGV),
        exits,
        lambda: threading.Event().wait(),
    ],
    ids=["waits", "exits", "crashes", "raises", "never ends"],
)
def test_a_failure_is_told_before_functions_close(env, closes):
    stream = env.from_collection([0]).map(Job(closes))
    with pytest.raises(UserFunctionError, match='ZeroDivisionError in operator "Map"'):
        list(stream.execute_and_collect())


def test_declared_types_call_code_of_the_record(env):
    class Number:
        def __index__(self):
            raise Own

        __int__ = __index__

    error = failure_of(env.from_collection([1]).map(lambda v: Number(), Types.INT()).rebalance().map(str))
    assert error.report["exceptionType"] == "Own"


def failure_of(stream):
    with pytest.raises(UserFunctionError) as caught:
        list(stream.execute_and_collect())
    return caught.value


def test_a_coroutine_that_blocks_its_loop_is_found_out(env):
    class Blocks(AsyncFunction):
        async def async_invoke(self, value):
            time.sleep(3600)

    asked = AsyncDataStream.ordered_wait(env.from_collection([1]), Blocks(), Time.milliseconds(200))
    error = failure_of(asked)
    assert error.report["exceptionType"] == "TimeoutError"
    assert error.report["record"] == "1"
    assert f'File "{__file__}", line' in str(error)
    assert "time.sleep(3600)" in str(error)


def test_a_job_of_a_function_fails_that_function(env):
    def runs_a_job(value):
        from isthmus.errors import JobCancelledError

        raise JobCancelledError("of a job of its own")

    error = failure_of(env.from_collection([1]).map(runs_a_job))
    assert error.report["exceptionType"] == "JobCancelledError"


FORKS = """
def forks(value):
    child = os.fork()
    if child == 0:
        {child}
        return value
    assert os.waitpid(child, 0)[1] == {status}
    return value

found = env.from_collection(range(5)).map(forks).map(lambda v: v * 2).execute_and_collect()
print(list(found))
"""


@pytest.mark.parametrize(
    "child, status",
    [
        ("sys.exit(7)", 7 << 8),
        ("raise ValueError('in the child')", 1 << 8),
        ("pass", 0),
        ("os._exit(5)", 5 << 8),
    ],
    ids=["exits", "raises", "returns", "leaves at once"],
)
def test_a_forked_child_is_no_worker(programs, child, status):
    done = programs.run(FORKS.format(child=child, status=status))
    assert (done.stdout, done.returncode) == ("[0, 2, 4, 6, 8]\n", 0), done.stderr
    assert done.stderr.count("ValueError: in the child") == (5 if "ValueError" in child else 0)
