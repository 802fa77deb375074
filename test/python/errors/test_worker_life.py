"""Workers that cannot start, die, hang or grow: what is said, and that it waits for no limit."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

import pytest
from isthmus.errors import WorkerError


def failure(env, function, name="works"):
    env.from_collection([1]).map(function).name(name).add_sink(lambda v: None)
    with pytest.raises(WorkerError) as caught:
        env.execute()
    return caught.value


def option(env, key, value):
    env._configuration.set_string(key, value)


def works_again(env):
    assert env.from_collection([1]).map(lambda v: v + 1).execute_and_collect(limit=1) == [2]


DEATHS = {
    "kill -9": (lambda v: os.kill(os.getpid(), signal.SIGKILL), "Python worker was killed by SIGKILL"),
    "segmentation fault": (lambda v: ctypes.string_at(0), "Python worker was killed by SIGSEGV"),
    "abort": (lambda v: os.abort(), "was killed by SIGABRT"),
    "os._exit": (lambda v: os._exit(3), "exited with code 3"),
    "os._exit(0)": (lambda v: os._exit(0), "exited with code 0"),
}


@pytest.mark.parametrize("how", DEATHS)
@pytest.mark.parametrize("parallelism", [1, 2])
def test_a_worker_that_dies(env, how, parallelism):
    env.set_parallelism(parallelism)
    function, message = DEATHS[how]
    error = failure(env, function)
    assert error.code == "ISTHMUS_WORKER_DIED"
    assert message in str(error)
    assert '"works"' in str(error)
    assert len(str(error).splitlines()) <= 10
    report = error.report
    assert report.get("signal", "").startswith("SIG") or "exitCode" in report
    works_again(env)


def test_what_a_worker_said_last_is_told(env):
    def says(v):
        print("the licence has run out", file=sys.stderr)
        os._exit(7)

    error = failure(env, says)
    assert "Its last output: the licence has run out" in str(error)
    assert error.report["exitCode"] == 7
    assert "the licence has run out" in error.report["stderrTail"]


def test_a_native_crash_shows_the_users_frames(env):
    def crashes_in_native_code(v):
        ctypes.string_at(0)

    error = failure(env, crashes_in_native_code, "native")
    assert 'while running operator "native"' in str(error)  # The frame names it.
    assert "in crashes_in_native_code" in str(error)
    assert "isthmus/_worker" not in str(error)


@pytest.mark.parametrize(
    "function",
    [lambda v: time.sleep(3600), lambda v: sum(range(10**12))],
    ids=["sleeps", "keeps the GIL"],
)
def test_a_function_beyond_its_time_limit(env, check, capfd, function):
    option(env, "python.fn-execution.timeout", "300 ms")
    error = failure(env, function)
    assert error.code == "ISTHMUS_WORKER_TIMEOUT"
    check(
        error,
        "Python worker gave no sign of life for 30",
        '"works"',
        "python.fn-execution.timeout",
        "test_worker_life",
    )
    assert len(str(error).splitlines()) <= 5
    # The whole dump is for machines only.
    assert "Fatal Python error" in error.report["stderrTail"]
    assert capfd.readouterr().err == ""


def test_a_slow_function_within_its_limit_is_left_alone(env):
    option(env, "python.fn-execution.timeout", "3 s")
    slow = env.from_collection(range(12)).map(lambda v: time.sleep(0.3) or v)
    # All of them take longer than one may.
    assert list(slow.execute_and_collect()) == list(range(12))


def test_a_worker_that_outgrows_its_limit(env, page):
    def grows(v):
        kept = []
        while True:
            kept.append(bytearray(10_000_000))
            time.sleep(0.01)

    option(env, "python.worker.memory-limit", "200 mb")
    error = failure(env, grows)
    assert error.code == "ISTHMUS_WORKER_MEMORY"
    assert "and was killed; the limit is python.worker.memory-limit = 200 MiB" in str(error)
    assert "python.worker.memory-limit" in page


def test_an_interpreter_that_is_not_there(env, check):
    env.set_python_executable("/opt/python")
    option(env, "python.worker.start-timeout", "1 h")
    error = failure(env, str)
    assert error.code == "ISTHMUS_WORKER_START"
    check(error, "There is no Python interpreter /opt/python (from the configuration)", "python.executable")


def script(folder, text):
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_an_interpreter_without_the_packages(env, tmp_path, page):
    executable = script(tmp_path, f'printf "{tmp_path}/python\\n3.11.7\\nmsgspec\\ncloudpickle"')
    env.set_python_executable(executable)
    error = failure(env, str)
    assert error.code == "ISTHMUS_WORKER_START"
    text = 'lacks "msgspec" and "cloudpickle", which Isthmus needs in its workers; install with: '
    assert text in str(error) and text in page
    assert str(error).endswith("-m pip install msgspec cloudpickle")


def test_an_interpreter_that_is_too_old(env, tmp_path, check):
    env.set_python_executable(script(tmp_path, f'printf "{tmp_path}/python\\n3.8.10"'))
    error = failure(env, str)
    assert error.code == "ISTHMUS_WORKER_START"
    check(error, "Isthmus needs Python 3.10 or newer, and ", "is 3.8.10", "python.executable")


@pytest.mark.parametrize(
    ("text", "message"), [("echo no licence >&2; exit 1", "no licence"), ("exit 3", "cannot be run")]
)
def test_an_interpreter_that_does_not_work(env, tmp_path, text, message):
    env.set_python_executable(script(tmp_path, text))
    error = failure(env, str)
    assert error.code == "ISTHMUS_WORKER_START"
    assert message in str(error)


def test_a_worker_that_does_not_come_up(env, tmp_path):
    """It answers the first question and then never says HELLO."""
    executable = script(
        tmp_path, f'case "$*" in *find_spec*) printf "{tmp_path}/python\\n3.11.7";; *) exec sleep 600;; esac'
    )
    env.set_python_executable(executable)
    option(env, "python.worker.start-timeout", "300 ms")
    error = failure(env, str)
    assert error.code == "ISTHMUS_WORKER_START"
    assert "did not come up within 300 ms; raise python.worker.start-timeout" in str(error)


def test_an_environment_goes_on_after_each_of_them(env):
    failure(env, lambda v: os._exit(1))
    works_again(env)


def test_a_worker_is_lent_once_at_a_time(env):
    """A job that is left as it ends is released and cancelled at once; its worker comes back to the pool one time."""
    for _ in range(20):
        env.set_parallelism(1)
        works_again(env)
        env.set_parallelism(2)
        found = env.from_collection(range(4)).rebalance().map(lambda v: (v, os.getpid()))
        pids = {pid for _, pid in found.execute_and_collect()}
        assert len(pids) == 2
