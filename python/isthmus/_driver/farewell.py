"""Why the runtime ended, as the error of all its jobs."""

from __future__ import annotations

import signal

from ..errors import RuntimeDiedError

_ALL_JOBS = "while it was needed, with all jobs of the program"


def farewell(exit_code: int | None, heap_limit_mb: int | None) -> RuntimeDiedError:
    """The error to raise once the runtime has ended by itself, or by somebody else.

    Args:
        exit_code: Minus the signal where one has ended it; 0 or None if nobody knows.
        heap_limit_mb: What its heap of JavaScript may take.
    """
    if not exit_code:
        return RuntimeDiedError(f"The runtime ended {_ALL_JOBS}; what there is to say is on stderr.")
    # A shell in between says 128 and the signal.
    number = -exit_code if exit_code < 0 else exit_code - 128
    name = _SIGNALS.get(number)
    if name is None:
        return RuntimeDiedError(
            f"The runtime exited with code {exit_code} {_ALL_JOBS}. Something in its process has ended it, such as native code "
            "that a TypeScript function calls; what there is to say is on stderr."
        )
    return RuntimeDiedError(f"The runtime was killed by {name} {_ALL_JOBS}. {_why(name, heap_limit_mb)}")


#: By number; 0 and below are none.
_SIGNALS = {int(known): known.name for known in signal.Signals}


def _why(name: str, heap_limit_mb: int | None) -> str:
    if name == "SIGABRT":
        limit = "" if heap_limit_mb is None else f" (its limit is {heap_limit_mb} MB)"
        return (
            f"A heap that is full ends it so{limit}, and says it on stderr: TypeScript functions, their state and records run in "
            "it. Keep less there, move the function to Python workers, or raise the limit, as by "
            f"NODE_OPTIONS=--max-old-space-size={2 * (heap_limit_mb or 2048)}."
        )
    if name == "SIGKILL":
        return (
            "Somebody did that, or the system, as memory ran out (its log, as dmesg or the events of the container, tells of the "
            "OOM killer): then use less, by a lower parallelism or python.worker.memory-limit, or give the machine more."
        )
    if name in ("SIGTERM", "SIGINT", "SIGHUP"):
        return "Somebody sent it to the runtime rather than to the program, which ends its jobs in order."
    return "Native code has crashed in its process: that of a package that a TypeScript function uses, or of Node.js."
