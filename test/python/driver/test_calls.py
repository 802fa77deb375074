"""TypeScript functions that a Python program calls as if they were its own."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from isthmus import ts
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.errors import (
    CallError,
    CodecError,
    GraphError,
    RuntimeDiedError,
    UserFunctionError,
)

FILE = str(Path(__file__).parents[2] / "fixtures" / "called.ts")


@pytest.fixture
def env():
    env = StreamExecutionEnvironment.get_execution_environment()
    yield env
    env.close()


def test_it_is_called_with_arguments_of_any_number(env):
    assert env.call(ts(FILE, "double"))(21) == 42
    join = env.call(ts(FILE, "join"))
    assert join("a", 1) == "a1c"
    assert join("a", 1, "x") == "a1x"
    assert env.call(ts(FILE, "later"))(3) == 3
    assert env.call(ts(FILE, "nothing"))() is None


def test_a_thousand_calls_at_once_from_threads_and_from_asyncio(env):
    double, later = env.call(ts(FILE, "double")), env.call(ts(FILE, "later"))
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(double, range(1000))) == [2 * i for i in range(1000)]

    async def all_at_once():
        return await asyncio.gather(*(later.aio(i, 1) for i in range(1000)))

    assert asyncio.run(all_at_once()) == list(range(1000))


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("range", "RangeError in operator"),
        ("string", "a string"),
        ("undefined", "undefined"),
        ("exit", "process.exit(3) was called"),
    ],
)
@pytest.mark.parametrize("name", ["fail", "failLater"])
def test_what_it_throws_is_raised_where_it_is_called(env, name, how, text):
    fail = env.call(ts(FILE, name))
    with pytest.raises(UserFunctionError) as error:
        fail(how)
    assert text in str(error.value)
    assert f"record: [ '{how}' ]" in str(error.value)
    if how == "range":
        assert "called.ts:" in str(error.value)
    assert fail("no failure") == "no failure"
    with pytest.raises(UserFunctionError):
        asyncio.run(fail.aio(how))


def test_values_keep_their_types(env):
    same, type_name = env.call(ts(FILE, "same")), env.call(ts(FILE, "typeName"))
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    values = [2**70, None, "ü", 1.5, b"ab", {1}, {"a": [1, {"b": None}]}, {1: "a"}, moment]
    for value in [*values, (1, 2), decimal.Decimal("1.50"), datetime.date(2026, 1, 2)]:
        assert same(value) == value
    assert str(same(float("nan"))) == "nan"
    assert type_name(2**70) == "BigInt"
    assert type_name(moment) == "Date"
    assert same(1, "a") == [1, "a"]
    numpy = pytest.importorskip("numpy")
    assert same(numpy.int64(5)) == 5
    assert list(same(numpy.arange(3))) == [0, 1, 2]


def test_what_cannot_cross_fails_its_call_alone(env):
    same, not_carried = env.call(ts(FILE, "same")), env.call(ts(FILE, "notCarried"))
    with pytest.raises(CodecError, match=r"\$\[0\]\.lock"):
        same({"lock": threading.Lock()})
    with pytest.raises(CodecError):
        not_carried()
    with pytest.raises(CodecError, match="a call carries"):
        same("x" * (64 << 20))
    assert same(1) == 1


def test_what_is_no_function_of_one_result_is_refused(env):
    with pytest.raises(UserFunctionError, match=r"is a generator\. A call has one result"):
        env.call(ts(FILE, "numbers"))
    with pytest.raises(UserFunctionError, match="has given a generator"):
        env.call(ts(FILE, "hidden"))()
    with pytest.raises(GraphError, match="method call or map"):
        env.call(ts(FILE, "NoMethod"))
    with pytest.raises(TypeError, match=r"env\.call"):
        env.call(lambda v: v)


def test_of_a_class_there_is_one_that_is_opened_and_closed(env, capfd):
    with env.call(ts(FILE, "Model", args=[3])) as model:
        first, second = model(1), model(2)
    assert first == [3, first[1], True]
    assert second == [6, first[1], True]
    with pytest.raises(CallError) as error:
        model(1)
    assert error.value.code == "ISTHMUS_CALL_CLOSED"
    assert "closed" in repr(model)


def test_bounds_of_time_and_of_number(env):
    later = env.call(ts(FILE, "later"), timeout=0.05)
    with pytest.raises(CallError) as error:
        later(1, 5_000)
    assert error.value.code == "ISTHMUS_CALL_TIMEOUT"
    with pytest.raises(CallError):
        asyncio.run(later.aio(1, 5_000))
    assert later(2) == 2
    few = env.call(ts(FILE, "later"), max_calls=2)

    async def three():
        return await asyncio.gather(*(few.aio(i, 50) for i in range(3)), return_exceptions=True)

    *fine, refused = asyncio.run(three())
    assert fine == [0, 1]
    assert refused.code == "ISTHMUS_CALL_LIMIT"
    assert few(3) == 3
    with pytest.raises(ValueError, match="timeout"):
        env.call(ts(FILE, "later"), timeout=0)


def test_calls_beside_a_job(env):
    double = env.call(ts(FILE, "double"))
    env.set_parallelism(1)
    results = env.from_collection([1, 2]).map(ts(FILE, "double")).execute_and_collect()
    assert double(4) == 8
    assert sorted(results) == [2, 4]


def test_a_runtime_that_dies_fails_its_calls_and_is_replaced(env):
    later, die, pid = (env.call(ts(FILE, name)) for name in ("later", "die", "pid"))
    before = pid()
    with ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(later, 1, 60_000)
        while not under_way.running():
            pass
        with pytest.raises(RuntimeDiedError):
            die()
        with pytest.raises(RuntimeDiedError):
            under_way.result()
    assert later(2) == 2
    assert asyncio.run(pid.aio()) != before


PROGRAM = f"""
from isthmus import ts
from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
later = env.call(ts({FILE!r}, "later"))
print(later(1), flush=True)
"""


def test_a_program_that_forgets_to_close_ends():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_sigterm_ends_a_program_that_waits_for_a_call():
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM + "later(2, 60_000)"], stdout=subprocess.PIPE, text=True
    )
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == "1\n"
        program.terminate()
        assert program.wait(20) == -15
