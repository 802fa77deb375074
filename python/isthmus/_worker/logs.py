"""Records of Python's ``logging`` in functions, on their way to the loggers of the program.

L1. Loggers of a worker have the levels of the program's, so that what the program would not show is not made.
L2. A record leaves at once and from any thread; it is not lost when its worker dies a moment later.
L3. A process that user code forks has no part in the worker's pipe: its records go to stderr.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._values.failure import clip

if TYPE_CHECKING:
    from .runtime.deployment import SlotDeployment

_MAX_MESSAGE = 64 << 10


class ToProgram(logging.Handler):
    """Hands records over as maps (LOG of ``docs/protocol.md``)."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._send = send
        self._process = os.getpid()
        self.subtask = 0

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = clip(self.format(record), _MAX_MESSAGE)
            if os.getpid() != self._process:  # L3
                os.write(2, f"{record.levelname}:{record.name}:{text}\n".encode(errors="backslashreplace"))
                return
            self._send(  # L2
                {
                    "level": record.levelname.lower(),
                    "logger": record.name,
                    "message": text,
                    "subtask": self.subtask,
                    "stream": "logging",
                }
            )
        except Exception:
            self.handleError(record)


def install(handler: ToProgram, deployment: SlotDeployment) -> None:
    """Make the worker's loggers those of the job's program."""
    handler.subtask = deployment["slot"]
    levels: dict[str, int] = deployment["python"].get("logLevels") or {}
    root = logging.getLogger()
    root.setLevel(levels.get("", logging.WARNING))  # L1
    if handler not in root.handlers:
        root.addHandler(handler)
    for name, level in levels.items():
        if name:
            logging.getLogger(name).setLevel(level)
