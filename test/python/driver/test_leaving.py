"""Ways to leave a job: each ends it in order, with the functions closed, and in bounded time."""

from __future__ import annotations

import signal

import pytest
from processes import assert_gone, descendants, eventually, needs_proc

pytestmark = needs_proc

#: Its sink tells of its first record and of its end.
SINK = """
import atexit, itertools, signal, threading
class Sink:
    def invoke(self, value):
        open("ready", "w").close()
        time.sleep(0.01)
    def close(self):
        open("closed", "w").close()
def endless():
    for n in itertools.count():
        yield n
        time.sleep(0.01)
def when_ready(do):
    def wait():
        while not os.path.exists("ready"):
            time.sleep(0.01)
        do()
    threading.Thread(target=wait, daemon=True).start()
stream = env.from_source(endless).map(lambda v: v)
"""
KILL = "when_ready(lambda: os.kill(os.getpid(), signal.{}))\n"


def ready(programs):
    return eventually((programs.folder / "ready").exists)


def closed(programs):
    return eventually((programs.folder / "closed").exists)


@pytest.mark.parametrize("alone", [True, False], ids=["python program.py", "python -m isthmus"])
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
def test_a_signal_ends_the_job_before_the_program(programs, name, code, alone):
    child = programs.start(
        SINK
        + """
        stream.add_sink(Sink())
        atexit.register(lambda: print("closed" if os.path.exists("closed") else "not closed"))
        try:
            env.execute()
        finally:
            print("finally")
        """.replace("\n        ", "\n"),
        alone=alone,
    )
    assert ready(programs)
    below = descendants(child.pid)
    child.send_signal(getattr(signal, name))
    done = programs.end(child)
    assert done.stdout == "finally\nclosed\n"
    # Python itself ends by the signal where a KeyboardInterrupt is not caught.
    assert done.returncode in ((code, -signal.SIGINT) if name == "SIGINT" and alone else (code,))
    assert_gone(below)


HANDLERS = [
    ("an alarm", "signal.signal(signal.SIGALRM, stop)\n", KILL.format("SIGALRM"), "Stopped"),
    (
        "a handler of SIGTERM",
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n",
        KILL.format("SIGTERM"),
        "SystemExit",
    ),
    ("a generator's close", "", KILL.format("SIGUSR1"), "GeneratorExit"),
]


@pytest.mark.parametrize(
    ("handlers", "kill", "raised"), [h[1:] for h in HANDLERS], ids=[h[0] for h in HANDLERS]
)
def test_any_exception_out_of_execute_ends_the_job(programs, handlers, kill, raised):
    done = programs.run(
        SINK
        + """
class Stopped(BaseException): pass
def stop(*_): raise Stopped
def leave(*_): raise GeneratorExit
signal.signal(signal.SIGUSR1, leave)
"""
        + handlers
        + kill
        + """
stream.add_sink(Sink())
try:
    env.execute()
except BaseException as error:
    print(type(error).__name__, os.path.exists("closed"))
print(signal.getsignal(signal.SIGHUP) is signal.SIG_DFL, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    )
    assert done.stdout == f"{raised} True\nTrue True\n"


def test_handlers_are_back_after_the_job_and_those_of_the_program_stay(programs):
    done = programs.run(
        """
        import signal, threading
        names = ("SIGTERM", "SIGHUP", "SIGINT")
        mine = lambda *_: None
        signal.signal(signal.SIGHUP, mine)
        before = [signal.getsignal(getattr(signal, name)) for name in names]
        seen = []
        def look():
            while signal.getsignal(signal.SIGTERM) is before[0]:
                time.sleep(0.01)
            seen.append([signal.getsignal(getattr(signal, name)) for name in names])
            open("seen", "w").close()
        def wait(v):
            while not os.path.exists("seen"):
                time.sleep(0.01)
        threading.Thread(target=look, daemon=True).start()
        env.from_collection([1]).map(wait).add_sink(lambda v: None)
        env.execute()
        after = [signal.getsignal(getattr(signal, name)) for name in names]
        print(before == after, seen[0][0] is not before[0], seen[0][1] is mine)
        """,
        alone=True,
    )
    assert done.stdout == "True True True\n"


def test_jobs_in_threads_install_no_handlers(programs):
    done = programs.run(
        """
        import signal, threading
        def wait(v):
            open("ready", "w").close()
            while not os.path.exists("seen"):
                time.sleep(0.01)
        def run():
            env.from_collection([1]).map(wait).add_sink(lambda v: None)
            env.execute()
        thread = threading.Thread(target=run)
        thread.start()
        while not os.path.exists("ready"):
            time.sleep(0.01)
        print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
        open("seen", "w").close()
        thread.join()
        """
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_a_program_that_dies_while_its_job_runs_leaves_functions_closed(programs, how):
    """It is not waiting for the job, so nothing of Isthmus is asked in the program."""
    child = programs.start(
        SINK + "stream.add_sink(Sink())\nenv.execute_async()\nprint('on', flush=True)\ntime.sleep(600)\n"
    )
    assert ready(programs)
    below = descendants(child.pid)
    child.send_signal(getattr(signal, how))
    programs.end(child)
    assert closed(programs)
    assert_gone(below)


def test_a_job_that_runs_at_exit_is_ended_in_order(programs):
    done = programs.run(
        SINK
        + "stream.add_sink(Sink())\nenv.execute_async()\nwhile not os.path.exists('ready'): time.sleep(.01)\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (programs.folder / "closed").exists()


RESULTS = "results = stream.execute_and_collect()\n"


@pytest.mark.parametrize("reading", ["next(results)", "[next(results) for _ in range(3)]", "pass"])
def test_results_that_are_left_cost_no_time_at_exit(programs, reading):
    # Who waited for the job would wait beyond the test's end.
    done = programs.run(f"{SINK}{RESULTS}{reading}\n", env={"ISTHMUS_CLOSE_TIMEOUT": "1 h"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_results_are_closed_by_another_thread(programs):
    done = programs.run(
        SINK
        + """
def slow():
    yield 1
    threading.Event().wait()
results = env.from_source(slow).map(lambda v: v).execute_and_collect()
print(next(results))
main = threading.get_ident()
def close():
    # Once the other thread waits for a record.
    while sys._current_frames()[main].f_code.co_name != "wait":
        time.sleep(0.01)
    results.close()
threading.Thread(target=close).start()
print(list(results), list(results))
results.close()
print(results._job.status())
"""
    )
    assert (done.stdout, done.stderr) == ("1\n[] []\nCANCELED\n", "")


def test_a_forked_child_leaves_its_parents_job_alone(programs):
    done = programs.run(
        SINK
        + """
results = stream.execute_and_collect()
first = next(results)
for leave in (lambda: sys.exit(0), lambda: results.close(), lambda: list(results)):
    pid = os.fork()
    if pid == 0:
        try:
            leave()
        except Exception as error:
            print(type(error).__name__, "belongs to the process" in str(error), flush=True)
        sys.exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
print(first, next(results), results._job.status())
"""
    )
    assert done.stdout == "0\n0\nInternalError True\n0\n0 1 RUNNING\n"


def test_what_a_blocked_runtime_does_not_end_is_killed(programs):
    """A TypeScript function that never returns keeps the runtime from hearing anything."""
    programs.write("spin.ts", "export function spin(x: number) { console.error('spins'); for (;;); }\n")
    child = programs.start(
        """
        from isthmus import ts
        env.from_collection([1]).map(ts("./spin.ts", "spin")).add_sink(lambda v: None)
        env.execute()
        """,
        env={"ISTHMUS_CLOSE_TIMEOUT": "100 ms"},
    )
    assert child.stderr.readline() == "spins\n"
    below = descendants(child.pid)
    child.send_signal(signal.SIGTERM)
    assert programs.end(child).returncode == 143
    assert_gone(below)


TAIL = """
def numbers():
    for n in itertools.count():
        yield n
        open("ready", "w").close()
        time.sleep(0.002)
from isthmus.datastream.connectors.file_system import FileSink
stream = env.from_source(numbers).map(str, Types.STRING())
stream.sink_to(FileSink.for_row_format("out", Encoder.simple_string_encoder()).build())
"""
BY_OPTION = {"ISTHMUS_STOP_ON": "both"}


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_may_stop_the_job_and_keep_its_tail(programs, name):
    child = programs.start(SINK + TAIL + "env.execute()\nprint('finished')\n", env=BY_OPTION)
    assert ready(programs)
    child.send_signal(getattr(signal, name))
    done = programs.end(child)
    assert (done.returncode, done.stdout, done.stderr) == (0, "finished\n", "")
    (part,) = [p for p in (programs.folder / "out").rglob("*") if p.is_file()]
    lines = part.read_text().split()
    assert lines == [str(n) for n in range(len(lines))]


def test_the_second_signal_cancels(programs):
    child = programs.start(
        SINK
        + """
def never(ctx):
    yield 1
    while not ctx.is_stopping:
        time.sleep(0.01)
    open("stopping", "w").close()
    yield 2
env.from_source(never).map(lambda v: v if v == 1 else time.sleep(600)).add_sink(Sink())
env.execute()
""",
        env=BY_OPTION,
    )
    assert ready(programs)
    child.send_signal(signal.SIGTERM)
    assert eventually((programs.folder / "stopping").exists)
    assert child.poll() is None
    child.send_signal(signal.SIGTERM)
    assert programs.end(child).returncode == 143
