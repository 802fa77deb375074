"""What a program hears of its jobs, and what a restart does to their workers."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from isthmus._driver import events
from isthmus._driver.events import PASSING
from isthmus.common import Configuration
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.errors import ConfigurationError, UserFunctionError


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    config = Configuration()
    config.set_string("restart-strategy.type", "fixed-delay")
    config.set_string("restart-strategy.fixed-delay.attempts", "3")
    config.set_string("restart-strategy.fixed-delay.delay", "1 ms")
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(2)
    return env


class FailsUntil:
    def __init__(self, attempt, dies=False):
        self.until, self.dies = attempt, dies

    def open(self, context):
        self.fails = context.get_attempt_number() < self.until and context.get_index_of_this_subtask() == 0

    def map(self, value):
        if self.fails:
            if self.dies:
                os._exit(7)
            raise ValueError("not yet")
        return value


def run(env, function):
    env.from_collection(range(100)).map(function).add_sink(lambda v: None)
    client = env.execute_async("orders")
    return list(client.events()), client.get_job_execution_result().result()


def of_kind(told, kind):
    return [event for event in told if event.kind == kind]


def pids(told, attempt):
    return {e["slot"]: e["pid"] for e in of_kind(told, "worker-started") if e.attempt == attempt}


def test_a_job_tells_its_life_in_order(env):
    told, result = run(env, lambda v: v)
    kinds = [event.kind for event in told if event.kind not in events.PASSING]
    assert kinds[0] == "attempt-started"
    assert kinds[-2:] == ["attempt-ended", "status"]
    assert [e["status"] for e in of_kind(told, "status")] == ["RUNNING", "FINISHED"]
    started, opened = kinds.index("subtask-started"), kinds.index("subtask-opened")
    assert (
        opened
        < started
        < kinds.index("subtask-drained" if "subtask-drained" in kinds else "subtask-finished")
    )
    assert result.restarts == 0


def test_workers_of_a_function_that_failed_stay(env, tmp_path):
    file = tmp_path / "events.jsonl"
    env._configuration.set_string("isthmus.events", str(file))
    told, result = run(env, FailsUntil(2))
    assert pids(told, 0) == pids(told, 1) == pids(told, 2)
    assert len(set(pids(told, 0).values())) == 2
    assert [e["pauseMs"] for e in of_kind(told, "restart")] == [1, 1]
    assert {e["error"]["code"] for e in of_kind(told, "failure")} == {"ISTHMUS_USER_FUNCTION"}
    assert result.restarts == 2
    lines = list(map(json.loads, file.read_text().splitlines()))
    assert {(line["job"], line["jobId"]) for line in lines} == {("orders", str(result.get_job_id()))}
    assert [(line["kind"], line["at"], line["attempt"]) for line in lines if line["kind"] not in PASSING] == [
        (event.kind, event.at, event.attempt) for event in told if event.kind not in PASSING
    ]


def test_a_file_of_events_that_cannot_be_written_is_refused(env, tmp_path):
    env._configuration.set_string("isthmus.events", str(tmp_path / "none" / "events"))
    env.from_collection([1]).add_sink(lambda v: None)
    with pytest.raises(ConfigurationError, match=r"isthmus\.events is .* cannot be written: ENOENT"):
        env.execute()


def test_of_two_workers_the_one_that_died_is_replaced(env):
    told, result = run(env, FailsUntil(1, dies=True))
    before, after = pids(told, 0), pids(told, 1)
    assert before[1] == after[1]
    assert before[0] != after[0]
    (died,) = of_kind(told, "worker-died")
    assert (died["pid"], died["cause"], died["exitCode"]) == (before[0], "crashed", 7)
    assert result.restarts == 1


def test_counts_are_of_all_attempts(env):
    _, result = run(env, FailsUntil(2))
    source = next(m for m in result.metrics if m["kind"] == "source.collection")
    assert source["out"] > 100


def test_who_comes_late_is_told_all_the_same(env):
    told, _ = run(env, lambda v: v)
    client = env.from_collection([1]).add_sink(lambda v: None) and env.execute_async("again")
    client.get_job_execution_result().result()
    assert [e.kind for e in client.events()][-1] == "status"
    assert told


def test_the_events_of_a_job_that_failed_end(env):
    env.from_collection(range(9)).map(FailsUntil(9)).add_sink(lambda v: None)
    client = env.execute_async("orders")
    told = list(client.events())
    assert [e["status"] for e in of_kind(told, "status")][-1] == "FAILED"
    assert len(of_kind(told, "restart")) == 3
    with pytest.raises(UserFunctionError):
        client.get_job_execution_result().result()


def test_of_what_nobody_reads_the_oldest_go():
    happened = events.JobEvents(threading.Condition())
    reader = happened.read(lambda condition: condition())
    total = 3 * events.MAX_UNREAD
    for count in range(total):
        happened.add({"kind": "results", "count": count, "at": 1, "attempt": 0})
    happened.end()
    first, *rest = reader
    assert first == {"kind": "events-dropped", "count": total - events.MAX_UNREAD, "at": 1, "attempt": 0}
    assert [event["count"] for event in rest] == list(range(total - events.MAX_UNREAD, total))


def test_who_comes_late_is_told_nothing_that_passes():
    happened = events.JobEvents(threading.Condition())
    for kind in ("attempt-started", "results", "metrics", "status"):
        happened.add({"kind": kind, "at": 1, "attempt": 0})
    happened.end()
    assert [e["kind"] for e in happened.read(lambda condition: condition())] == ["attempt-started", "status"]


def test_what_passes_is_what_the_runtime_says():
    source = (Path(__file__).parents[3] / "src/runtime/job-events.ts").read_text()
    passing = source.split("PASSING: ReadonlySet<JobEventKind> = new Set([")[1].split("])")[0]
    assert {name.strip(" '\n") for name in passing.split(",") if name.strip()} == events.PASSING
