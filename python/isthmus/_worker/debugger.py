"""``breakpoint()`` in a worker: the debugger talks to the terminal of the program.

The worker has neither the program's standard input nor its terminal: both belong to the program. The terminal's name
is enough, though; a process that is in another session may read from it without further ado. Programs leave it alone
while their job runs.
"""

from __future__ import annotations

import os
import sys
from typing import Any

#: Path of the program's terminal, where it has one.
TERMINAL_VARIABLE = "ISTHMUS_TERMINAL"


def install() -> None:
    """Make ``breakpoint()`` open the debugger, unless PYTHONBREAKPOINT says otherwise."""
    if os.environ.get(TERMINAL_VARIABLE) and "PYTHONBREAKPOINT" not in os.environ:
        sys.breakpointhook = _on_terminal


def _on_terminal(*args: Any, **kwargs: Any) -> None:
    import pdb

    path = os.environ[TERMINAL_VARIABLE]
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
    terminal = open(descriptor, encoding="utf-8")
    output = open(os.dup(descriptor), "w", encoding="utf-8")
    print(
        f"\nA worker has reached breakpoint(); c continues, q fails the job ({path})", file=output, flush=True
    )
    debugger = pdb.Pdb(stdin=terminal, stdout=output, nosigint=True)
    debugger.set_trace(sys._getframe(1))
