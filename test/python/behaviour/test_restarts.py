"""What a restart is like for a program: it is told, and no result comes twice."""

from __future__ import annotations

import json
import logging

import pytest
from isthmus.common import Configuration
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.errors import UserFunctionError


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    config = Configuration()
    config.set_string("restart-strategy.type", "fixed-delay")
    config.set_string("restart-strategy.fixed-delay.attempts", "2")
    config.set_string("restart-strategy.fixed-delay.delay", "1 ms")
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(1)
    return env


class FailsAt:
    """Raises at a record, in the first attempts."""

    def __init__(self, record, times, path):
        self.record, self.times, self.path = record, times, str(path)

    def map(self, value):
        if value == self.record:
            with open(self.path, "a+") as file:
                file.write("x")
                file.seek(0)
                if len(file.read()) <= self.times:
                    raise ValueError("not yet")
        return value


def test_restarts_are_told_to_the_programs_loggers(env, tmp_path, caplog):
    env.from_collection(range(3)).map(FailsAt(1, 2, tmp_path / "n")).add_sink(lambda v: None)
    with caplog.at_level(logging.WARNING):
        env.execute("orders")
    told = [(r.name, r.levelno, r.getMessage()) for r in caplog.records]
    assert len(told) == 2
    for attempt, (name, level, text) in enumerate(told, 1):
        assert (name, level) == ("isthmus", logging.WARNING)
        assert f'Attempt {attempt} of job "orders" failed; attempt {attempt + 1} begins in 1 ms' in text
        assert "ValueError" in text and "record: 1" in text


def test_results_that_were_given_do_not_come_twice(env, tmp_path):
    import time

    def numbers():
        yield 0
        yield 1
        while not (tmp_path / "read").exists():
            time.sleep(0.005)
        yield 2

    seen = []
    with pytest.raises(UserFunctionError, match="The job was not restarted") as caught:
        for value in env.from_source(numbers).map(FailsAt(2, 1, tmp_path / "n")).execute_and_collect():
            seen.append(value)
            if value == 1:
                (tmp_path / "read").touch()
    assert seen == [0, 1]
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_restart_before_the_first_result_gives_all(env, tmp_path, attempts):
    stream = env.from_collection(range(3)).map(FailsAt(0, attempts, tmp_path / "n"))
    assert list(stream.execute_and_collect()) == [0, 1, 2]


PROGRAM = """
import os
from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
def once(value):
    if not os.path.exists("failed"):
        open("failed", "w").close()
        raise ValueError("not yet")
    return value
env.from_collection([1]).map(once).print()
env.execute("orders")
"""
RESTARTS = {
    "ISTHMUS_RESTART_STRATEGY_TYPE": "fixed-delay",
    "ISTHMUS_RESTART_STRATEGY_FIXED_DELAY_DELAY": "1 ms",
}


def test_without_logging_a_restart_is_told_on_stderr(programs):
    done = programs.run(PROGRAM, prelude=False, env=RESTARTS)
    assert (done.returncode, done.stdout) == (0, "1\n")
    assert done.stderr.startswith('Attempt 1 of job "orders" failed; attempt 2 begins in 1 ms')
    assert "ValueError: not yet" in done.stderr


def test_progress_has_restarts(programs):
    done = programs.run(PROGRAM, prelude=False, env={**RESTARTS, "ISTHMUS_PROGRESS": "json"})
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    (restart,) = [line["restart"] for line in lines if "restart" in line]
    assert (restart["failed"], restart["pauseMs"]) == (1, 1)
    assert restart["error"]["code"] == "ISTHMUS_USER_FUNCTION"
