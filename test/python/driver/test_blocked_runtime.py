"""The runtime ends with its program also where its event loop cannot see that, and where somebody else holds its pipes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from processes import assert_gone, descendants, eventually, is_running, needs_proc

pytestmark = needs_proc

RUNS = int(os.environ.get("ISTHMUS_ORPHAN_RUNS", "1"))

FUNCTIONS = """
import { writeFileSync } from 'node:fs';
export function spin(x: number) { writeFileSync('at-work', ''); for (;;); }
export function waits(x: number) {
  writeFileSync('at-work', '');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
export function lines(x: number) { if (x === 1_000) writeFileSync('at-work', ''); return 'x'.repeat(100); }
export function same(x: unknown) { return x; }
"""

STATES = {
    "typescript loop": "numbers.map(ts('./functions.ts', 'spin')).print()",
    "typescript wait": "numbers.map(ts('./functions.ts', 'waits')).print()",
    "stdout that nobody reads": "numbers.map(ts('./functions.ts', 'lines')).print()",
    "stdout of python that nobody reads": "numbers.map(fills).print()",
    "stderr that nobody reads": "numbers.map(complains).map(ts('./functions.ts', 'same')).print()",
}

PROGRAM = """
from isthmus import ts
numbers = env.from_source(lambda: iter(range(1, 10**9)))
def fills(n):
    if n == 200:
        open("at-work", "w").close()
    return "x" * 1000
def complains(n):
    if n == 100:
        open("at-work", "w").close()
    print("x" * 1000, file=sys.stderr)
    return n
{state}
env.execute()
"""


#: Nothing here closes anything that takes time.
SOON = {"ISTHMUS_CLOSE_TIMEOUT": "100 ms"}


def start(programs, text: str) -> tuple:
    """A program whose runtime is at work, what runs below it, and those that are not to be left."""
    programs.write("functions.ts", FUNCTIONS)
    child = programs.start(text, env=SOON)
    mark = programs.folder / "at-work"
    assert eventually(lambda: mark.exists() or child.poll() is not None)
    if child.poll() is not None:
        pytest.fail(f"The program has ended by itself: {child.communicate()}")
    mark.unlink()
    # Long enough for pipes to be full; nothing depends on it.
    time.sleep(0.3)
    return child, descendants(child.pid)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM], ids=lambda sent: sent.name)
@pytest.mark.parametrize("state", STATES)
def test_a_program_that_ends_takes_its_blocked_runtime_with_it(programs, state, sent):
    for _ in range(RUNS):
        child, below = start(programs, PROGRAM.format(state=STATES[state]))
        assert len(below) >= 3
        child.send_signal(sent)
        assert_gone(below)
        assert child.wait(timeout=30) == (143 if sent == signal.SIGTERM else -sent)


@pytest.mark.parametrize("state", STATES)
def test_one_interrupt_is_enough(programs, state):
    child, below = start(programs, PROGRAM.format(state=STATES[state]))
    child.send_signal(signal.SIGINT)
    assert_gone(below)
    assert child.wait(timeout=30) == 130


FORKS = """
def mark(n):
    open("at-work", "w").close()
    time.sleep(600)
env.from_collection([1]).map(mark).add_sink(lambda v: None)
job = env.execute_async()
child = os.fork()
if child == 0:
    time.sleep(600)
    os._exit(0)
open("child", "w").write(str(child))
{end}
"""


@pytest.mark.parametrize("end", ["exits", "killed"])
def test_a_forked_child_does_not_keep_the_runtime(programs, end):
    text = FORKS.format(
        end="while not os.path.exists('end'): time.sleep(0.01)" if end == "exits" else "time.sleep(600)"
    )
    child, below = start(programs, text)
    forked = int(Path(programs.folder / "child").read_text())
    try:
        below.remove(forked)
        if end == "exits":
            (programs.folder / "end").touch()
        else:
            child.kill()
        assert_gone(below)
        assert is_running(forked)
    finally:
        os.kill(forked, signal.SIGKILL)


def test_a_forked_child_has_a_runtime_of_its_own(programs):
    done = programs.run(
        """
        print(list(env.from_collection([1]).map(lambda v: v).execute_and_collect()), flush=True)
        child = os.fork()
        print(list(env.from_collection([2]).map(lambda v: v).execute_and_collect()), flush=True)
        if child:
            assert os.waitpid(child, 0)[1] == 0
        """
    )
    assert (done.stdout, done.stderr, done.returncode) == ("[1]\n[2]\n[2]\n", "", 0)
