"""Log records of functions, for the loggers of the program."""

from __future__ import annotations

import atexit
import sys
import time
from typing import Any

#: How long handlers that are at work at exit may take.
_EXIT_S = 1.0

_passes_on = False


def log_levels() -> dict[str, int]:
    """Levels of the program's loggers by name (the root's is ""), where it uses any: functions then log by these."""
    logging = sys.modules.get("logging")
    if logging is None:
        return {}
    levels = {"": logging.root.level}
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if getattr(logger, "level", 0):
            levels[name] = logger.level
    return levels


def pass_on(record: dict[str, Any]) -> None:
    """Give a record to the program's logger of that name, or print what a function printed."""
    if record.get("stream") in ("stdout", "stderr"):
        stream = sys.stdout if record["stream"] == "stdout" else sys.stderr
        stream.write(record["message"])
        return
    import logging

    global _passes_on
    if not _passes_on:
        _passes_on = True
        # Now, so that it comes before what logging does at exit.
        atexit.register(_leave_handlers)
    level = record.get("level", "info")
    number = level if isinstance(level, int) else logging.getLevelName(str(level).upper())
    logging.getLogger(record.get("logger") or "isthmus").log(
        number if isinstance(number, int) else logging.INFO, "%s", record["message"]
    )


def _leave_handlers() -> None:
    """At exit logging closes each handler when nobody uses it; one that does not come back must not keep the program."""
    logging = sys.modules["logging"]
    until = time.monotonic() + _EXIT_S
    for reference in list(logging._handlerList):
        handler = reference()
        lock = getattr(handler, "lock", None)
        if lock is None:
            continue
        if lock.acquire(timeout=max(0.0, until - time.monotonic())):
            lock.release()
        else:
            handler.createLock()
