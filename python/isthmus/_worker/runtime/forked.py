"""Processes that user code forks off a worker: copies of it that are no workers.

K1. A child has no part in the pipes of its worker: what it would send goes nowhere, and it takes no frames.
K2. The batch that was being worked on ends behind the record that forked.
K3. A child that comes back out of the function that forked it ends, as a program of its own would: with the code of
    ``sys.exit``, with its traceback and 1 after another exception, else with 0.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn

_is_child = False


def is_child() -> bool:
    return _is_child


def part_with_children(descriptors: Iterable[int], end_batch: Callable[[], None]) -> None:
    """From now on children keep none of ``descriptors`` (K1); ``end_batch`` is called in them (K2)."""
    kept = tuple(descriptors)

    def in_child() -> None:
        global _is_child
        _is_child = True
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in kept:
            os.dup2(null, descriptor, inheritable=False)
        os.close(null)
        end_batch()

    os.register_at_fork(after_in_child=in_child)


def end_child(error: BaseException | None = None) -> NoReturn:
    """K3: ``error`` is what it came back with."""
    code = 0
    try:
        code = _told(error)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _told(error: BaseException | None) -> int:
    if error is None:
        return 0
    if isinstance(error, SystemExit):
        if error.code is None:
            return 0
        if isinstance(error.code, int):
            return error.code & 0xFF
        print(error.code, file=sys.stderr)
        return 1
    from ..._values.failure import user_traceback

    print(user_traceback(error), file=sys.stderr)
    return 1
