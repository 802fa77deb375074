"""``breakpoint()`` in a function opens the debugger on the program's terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import isthmus
import pytest

PROGRAM = """
from isthmus.datastream import StreamExecutionEnvironment

def double(x):
    doubled = 2 * x
    if x == 2:
        breakpoint()
    return doubled

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection([1, 2, 3]).map(double).print()
env.execute()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals as Linux has them")
def test_breakpoint_talks_to_the_terminal(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    ours, theirs = pty.openpty()
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(isthmus.__file__).parents[1]),
    }
    environment.pop("ISTHMUS_TERMINAL", None)
    running = subprocess.Popen(
        [sys.executable, str(program)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""

    def wait_for(text: str) -> None:
        nonlocal shown
        until = time.monotonic() + 30
        while text not in shown:
            ready, _, _ = select.select([ours], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"no {text!r} in {shown!r}"
            try:
                shown += os.read(ours, 65536).decode()
            except OSError:
                break  # The program has ended.
        assert text in shown, shown

    try:
        wait_for("(Pdb)")
        assert "breakpoint(); c continues" in shown
        os.write(ours, b"p 'doubled is', doubled\n")
        wait_for("('doubled is', 4)")
        os.write(ours, b"c\n")
        wait_for("\n6")
        assert running.wait(30) == 0
    finally:
        running.kill()
        os.close(ours)
