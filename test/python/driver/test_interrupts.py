"""Ctrl-C: the first ends a job at once and cleanly, the second kills."""

from __future__ import annotations

import os
import signal
import textwrap

import pytest
from processes import assert_gone, descendants, eventually, needs_proc, parent_of, unread

pytestmark = needs_proc

MARK = """
def mark(v):
    open("ready", "w").close()
    return v

def loops(v):
    while True:
        pass

def source():
    while True:
        yield 1
        time.sleep(0.001)

"""
AT_WORK = {
    "source": "stream = env.from_source(source).map(mark)",
    "sleep": "stream = env.from_collection([1]).map(mark).map(lambda v: time.sleep(600))",
    "python loop": "stream = env.from_collection([1]).map(mark).map(loops)",
    "c call with gil": "stream = env.from_collection([1]).map(mark).map(lambda v: sum(range(10**12)))",
}
#: Functions that are at work are not waited for, however long they might take to close.
PATIENT = {"ISTHMUS_CLOSE_TIMEOUT": "1 h"}
EXECUTE = "stream.add_sink(lambda v: None)\nenv.execute()\n"


def start(programs, what, end=EXECUTE, **more):
    """A program whose job is at work when this returns."""
    child = programs.start(f"{MARK}{AT_WORK[what]}\n{textwrap.dedent(end)}", **more)
    assert eventually((programs.folder / "ready").exists)
    return child


@pytest.mark.parametrize("what", AT_WORK)
def test_the_first_ends_the_job_and_the_program(programs, what):
    child = start(programs, what, env=PATIENT)
    others = descendants(child.pid)
    assert len(others) >= 2  # The runtime and a worker.
    child.send_signal(signal.SIGINT)
    done = programs.end(child)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
    assert_gone(others)


def test_it_is_a_keyboard_interrupt_that_the_program_may_catch(programs):
    child = start(
        programs,
        "sleep",
        """
        stream.add_sink(lambda v: None)
        try:
            env.execute()
        except KeyboardInterrupt:
            print("caught")
        print(env.from_collection([1, 2]).execute_and_collect(limit=5))
        """,
        alone=True,
    )
    child.send_signal(signal.SIGINT)
    done = programs.end(child)
    assert (done.returncode, done.stdout, done.stderr) == (0, "caught\n[1, 2]\n", "")


def test_it_interrupts_who_iterates_results(programs):
    child = start(
        programs,
        "source",
        """
        try:
            for record in stream.execute_and_collect():
                pass
        except KeyboardInterrupt:
            print("caught")
        """,
    )
    child.send_signal(signal.SIGINT)
    done = programs.end(child)
    assert (done.returncode, done.stdout, done.stderr) == (0, "caught\n", "")


def test_from_a_terminal_it_reaches_the_whole_group_and_is_as_clean(programs):
    child = start(programs, "python loop", env=PATIENT)
    others = descendants(child.pid)
    os.killpg(child.pid, signal.SIGINT)
    done = programs.end(child)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
    assert_gone(others)


def test_a_second_one_kills_at_once(programs):
    """The runtime is stopped, so it cannot answer the first."""
    child = start(programs, "sleep", env=PATIENT)
    others = descendants(child.pid)
    (runtime,) = [pid for pid in others if parent_of(pid) == child.pid]
    os.kill(runtime, signal.SIGSTOP)
    child.send_signal(signal.SIGINT)
    # It has asked for the end of the job, and waits for that.
    assert eventually(lambda: unread(child.pid) > 0)
    assert child.poll() is None
    child.send_signal(signal.SIGINT)
    assert programs.end(child).returncode == 130
    assert_gone(others)


def test_functions_are_closed(programs):
    child = programs.start(
        """
        class Closes(MapFunction):
            def map(self, value):
                open("ready", "w").close()
                return value
            def close(self):
                open("closed", "w").close()

        def source():
            while True:
                yield 1
                time.sleep(0.01)

        env.from_source(source).map(Closes()).add_sink(lambda v: None)
        env.execute()
        """
    )
    assert eventually((programs.folder / "ready").exists)
    child.send_signal(signal.SIGINT)
    assert programs.end(child).returncode == 130
    assert (programs.folder / "closed").exists()
