"""Jobs that run while the program goes on: status, cancel, results, early ends, threads."""

from __future__ import annotations

import threading
import time

import pytest
from isthmus.common import JobStatus
from isthmus.errors import JobCancelledError, UserFunctionError


def endless():
    n = 0
    while True:
        yield n
        n += 1


def slow():
    while True:
        yield 1
        time.sleep(0.01)


def test_a_job_is_running_until_it_is_cancelled(env):
    env.from_source(endless).add_sink(lambda v: None)
    client = env.execute_async()
    assert client.get_job_status().result() in (JobStatus.CREATED, JobStatus.RUNNING)
    ended = client.get_job_execution_result()
    assert not ended.done()
    client.cancel().result()
    assert client.get_job_status().result() is JobStatus.CANCELED
    assert ended.done()
    with pytest.raises(JobCancelledError, match="cancelled"):
        ended.result()
    assert isinstance(ended.exception(), JobCancelledError)


def test_a_job_that_fails_says_so_to_who_asks(env):
    env.from_collection([0]).map(lambda v: 1 / v).print()
    client = env.execute_async()
    assert isinstance(client.get_job_execution_result().exception(), UserFunctionError)
    assert client.get_job_status().result() is JobStatus.FAILED
    # Cancelling what has ended changes nothing.
    client.cancel().result()
    assert client.get_job_status().result() is JobStatus.FAILED


def test_a_job_that_has_finished_stays_finished(env):
    env.from_collection([1]).add_sink(lambda v: None)
    client = env.execute_async()
    client.get_job_execution_result().result()
    client.cancel().result()
    assert client.get_job_status().result() is JobStatus.FINISHED


def test_jobs_run_side_by_side(env):
    env.from_source(slow).add_sink(lambda v: None)
    first = env.execute_async("first")
    assert list(env.from_collection([1, 2]).execute_and_collect()) == [1, 2]
    assert not first.get_job_execution_result().done()
    first.cancel().result()


def test_jobs_are_started_from_threads(env):
    found: dict[int, list[int]] = {}

    def run(n):
        from isthmus.datastream import StreamExecutionEnvironment

        mine = StreamExecutionEnvironment.get_execution_environment()
        mine.set_parallelism(1)
        found[n] = list(mine.from_collection([n, n + 1]).map(lambda v: v * 10).execute_and_collect())

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert found == {n: [n * 10, (n + 1) * 10] for n in range(4)}


@pytest.mark.parametrize(
    "leave",
    [
        lambda results: results.close(),
        lambda results: next(results) is None or results.close(),
        lambda results: results.__exit__(None, None, None),
    ],
    ids=["unread", "after one", "as a context"],
)
def test_results_that_are_left_early_stop_their_job(env, leave):
    results = env.from_source(endless).execute_and_collect()
    leave(results)
    assert results._job.done
    assert results._job.status() == "CANCELED"
    results.close()  # Again has no effect.


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_is_above_zero(env, limit):
    with pytest.raises(ValueError, match="Limit must be greater than 0"):
        env.from_collection([1]).execute_and_collect(limit=limit)


def test_a_limit_stops_an_endless_job(env):
    assert env.from_source(endless).execute_and_collect(limit=5) == [0, 1, 2, 3, 4]


def test_a_program_that_does_not_read_holds_the_job_up(env):
    results = env.from_source(endless).map(lambda n: (n, "x" * 1000)).execute_and_collect()
    next(results)
    for event in results._job.events.read(results._job.wait_until):
        if event["kind"] == "subtask-blocked":
            break
    # One window of results waits at the program's, some more in the runtime and the worker.
    waiting = sum(len(body) for _, _, body in results._job.batches)
    assert waiting < 16 << 20
    results.close()


def test_an_error_comes_after_the_results_before_it(env):
    results = env.from_collection([1, 0]).map(lambda v: 1 // v).execute_and_collect()
    assert next(results) == 1
    with pytest.raises(UserFunctionError, match="ZeroDivisionError"):
        list(results)


def test_results_iterate_with_next_and_in_loops(env):
    with env.from_collection([1, 2, 3]).execute_and_collect("job") as results:
        assert results.next() == 1
        assert [v for v in results] == [2, 3]
        with pytest.raises(StopIteration):
            next(results)
