"""What runs on this machine, from /proc."""

from __future__ import annotations

import fcntl
import os
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

#: How long a test waits for what has to come: what a fault holds up takes longer, and no load of a machine does.
LIMIT_S = 30.0
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


def _stat(pid: int) -> list[str]:
    """State, parent and the rest; empty where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def parent_of(pid: int) -> int:
    return int(_stat(pid)[1])


def is_running(pid: int) -> bool:
    """A zombie does not run; it waits for a parent that may not be ours."""
    stat = _stat(pid)
    return bool(stat) and stat[0] not in "ZX"


def descendants(pid: int) -> list[int]:
    """All processes below one, parents first."""
    found: list[int] = []
    level = [pid]
    while level:
        level = [child for parent in level for child in children_of(parent)]
        found += level
    return found


def children_of(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:
        pass  # It has ended meanwhile.
    return found


def unread(pid: int) -> int:
    """How many bytes that a process has written to pipes of its own wait there for their reader."""
    waiting = 0
    for number in Path(f"/proc/{pid}/fd").iterdir():
        if int(number.name) <= 2 or not os.readlink(number).startswith("pipe:"):
            continue
        flags = Path(f"/proc/{pid}/fdinfo/{number.name}").read_text()
        if int(flags.partition("flags:")[2].split()[0], 8) & os.O_ACCMODE == os.O_WRONLY:
            pipe = os.open(number, os.O_RDONLY | os.O_NONBLOCK)
            waiting += int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)
            os.close(pipe)
    return waiting


def program_of(pid: int) -> str:
    """The name of the program that a process runs."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def eventually(condition: Callable[[], object], seconds: float = LIMIT_S) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def assert_gone(pids: list[int]) -> None:
    """Wait until none of them runs."""
    gone = eventually(lambda: not any(map(is_running, pids)))
    assert gone, [(pid, program_of(pid)) for pid in pids if is_running(pid)]
