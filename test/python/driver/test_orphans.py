"""Whatever is killed, and at whatever: a moment later no process is left, and no temporary file.

Each case runs several times (ISTHMUS_ORPHAN_RUNS, 5 unless said).
"""

from __future__ import annotations

import os
import signal

import pytest
from processes import assert_gone, children_of, descendants, eventually, is_running, needs_proc, program_of

pytestmark = needs_proc

RUNS = int(os.environ.get("ISTHMUS_ORPHAN_RUNS", "5"))

PROGRAM = """
from isthmus.datastream.state import ValueStateDescriptor
from isthmus.datastream.state_backend import EmbeddedRocksDBStateBackend
from isthmus.errors import RuntimeDiedError, WorkerError
def mark(v):
    open(f"{run}.at-work", "w").close()
    return v

def loops(v):
    while True:
        pass

def has_children(v):
    import subprocess
    children = [subprocess.Popen(["sleep", "600"]), subprocess.Popen(["sh", "-c", "sleep 600; true"])]
    mark(v)
    children[0].wait()

def source():
    n = 0
    while True:
        yield n
        n += 1

class Remembers(MapFunction):
    def open(self, runtime_context):
        self.state = runtime_context.get_state(ValueStateDescriptor("last", Types.INT()))
    def map(self, value):
        self.state.update(value)
        if value > 2000:
            mark(value)

"""

STATES = {
    # The job is submitted; its worker is on its way or just there.
    "starting": "numbers.map(lambda v: time.sleep(600)).add_sink(lambda v: None)",
    "idle on the pipe": "numbers.add_sink(mark)",
    "python loop": "numbers.map(mark).map(loops).add_sink(lambda v: None)",
    "c call without gil": "numbers.map(mark).map(lambda v: time.sleep(600)).add_sink(lambda v: None)",
    "c call with gil": "numbers.map(mark).map(lambda v: sum(range(10**12))).add_sink(lambda v: None)",
    "with children": "numbers.map(has_children).add_sink(lambda v: None)",
    "with state on disk": (
        "env.set_state_backend(EmbeddedRocksDBStateBackend())\n"
        "env.from_source(source).key_by(lambda n: n).map(Remembers()).add_sink(lambda v: None)"
    ),
}

END = """
for attempt in range(int(os.environ["ATTEMPTS"])):
    run = os.environ["RUN"] + str(attempt)
    numbers = env.from_collection([1])
    exec(os.environ["BUILD"])
    try:
        job = env.execute_async()
        open(f"{run}.submitted", "w").close()
        job.get_job_execution_result().result()
        print("done", flush=True)
        input()
        for _ in range(2):
            try:
                print(env.from_collection([3]).map(lambda v: v).execute_and_collect(limit=2), flush=True)
                break
            except (RuntimeDiedError, WorkerError):
                pass  # It was not known yet that the runtime, or the worker in its pool, has gone.
    except (RuntimeDiedError, WorkerError) as e:
        print(type(e).__name__, str(e).splitlines()[0], flush=True)
"""


class Program:
    """A program with a job in some state, as often as said."""

    def __init__(self, programs, state: str, number: int, attempts: int) -> None:
        self.state = state
        self._folder = programs.folder
        self._number = number
        self.temporary = programs.folder / f"tmp-{number}"
        self.temporary.mkdir()
        environment = {
            "RUN": f"{number}-",
            "ATTEMPTS": str(attempts),
            "BUILD": STATES[state],
            "TMPDIR": str(self.temporary),
        }
        self.child = programs.start_file(str(programs.folder / "program.py"), env=environment)

    def wait(self, attempt: int = 0) -> list[int]:
        """Until the job is in its state; returns what runs below the program then."""
        sign = "submitted" if self.state == "starting" else "at-work"
        mark = self._folder / f"{self._number}-{attempt}.{sign}"
        assert eventually(lambda: mark.exists() or self.child.poll() is not None), self.state
        if self.child.poll() is not None:
            pytest.fail(f"The program has ended by itself: {self.child.communicate()}")
        assert eventually(self.workers), self.state
        if self.state == "idle on the pipe":
            assert self.child.stdout.readline() == "done\n"
        return descendants(self.child.pid)

    def runtime(self) -> int:
        (runtime,) = [pid for pid in children_of(self.child.pid) if is_running(pid)]
        return runtime

    def workers(self) -> list[int]:
        below = [pid for runtime in children_of(self.child.pid) for pid in children_of(runtime)]
        return [pid for pid in below if program_of(pid).startswith("python") and is_running(pid)]

    def check_temporary_files(self) -> None:
        assert [path for path in self.temporary.rglob("*") if path.is_file()] == []


@pytest.fixture
def program(programs):
    programs.write("program.py", f"{programs.prelude}{PROGRAM}{END}")
    return programs


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_left_of_a_program_that_is_killed(program, state):
    running = [Program(program, state, number, attempts=1) for number in range(RUNS)]
    below = [pid for one in running for pid in one.wait()]
    assert len(below) >= 2 * RUNS
    for one in running:
        one.child.kill()
    assert_gone(below)
    for one in running:
        one.check_temporary_files()


@pytest.mark.parametrize("victim", ["runtime", "worker"])
@pytest.mark.parametrize("state", STATES)
def test_nothing_is_left_of_a_job_whose_runtime_or_worker_is_killed(program, state, victim):
    """The program goes on, with a runtime and workers anew."""
    one = Program(program, state, 0, attempts=RUNS)
    for attempt in range(RUNS):
        below = one.wait(attempt)
        killed = one.runtime() if victim == "runtime" else one.workers()[0]
        # Of a worker, what it has started goes with it; the runtime stays.
        doomed = below if victim == "runtime" else [killed, *descendants(killed)]
        os.kill(killed, signal.SIGKILL)
        if state == "idle on the pipe":
            one.child.stdin.write("\n")
            one.child.stdin.flush()
            assert one.child.stdout.readline() == "[3]\n"
        else:
            said = one.child.stdout.readline()
            if victim == "runtime":
                assert said.startswith(
                    "RuntimeDiedError The runtime was killed by SIGKILL while it was needed"
                )
            else:
                assert said.startswith("WorkerError Python worker")
                assert "SIGKILL" in said
        assert_gone(doomed)
    assert one.child.wait(timeout=30) == 0
    one.check_temporary_files()


def test_a_program_that_ends_takes_all_with_it(programs):
    programs.write("program.py", "")
    child = programs.start(
        "env.from_collection([1]).print()\nenv.execute()\nprint('end', flush=True)\ninput()\n"
    )
    assert child.stdout.readline() == "1\n"
    assert child.stdout.readline() == "end\n"
    below = descendants(child.pid)
    assert len(below) >= 2
    assert programs.end(child, "\n").returncode == 0
    assert_gone(below)


def test_sigterm_ends_a_program_and_all_below_it(programs):
    child = programs.start(
        "env.from_collection([1]).map(lambda v: (print('up', flush=True), time.sleep(600)))\nenv.execute()\n"
    )
    # The function is at work, so the program waits for its job.
    assert child.stdout.readline() == "up\n"
    below = descendants(child.pid)
    child.terminate()
    assert programs.end(child).returncode == 128 + signal.SIGTERM
    assert_gone(below)
