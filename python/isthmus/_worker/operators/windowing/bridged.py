"""What becomes of the contents of several windows when a record makes one of them.

``exact``: all of them are combined (by reduce or merge). ``pyflink``: what PyFlink 2.3 does, which loses data: the
reduced value or accumulator of one of them is kept and the others are dropped; lists are combined. Programs that
import pyflink get its results (``WindowOperation.merging``), with a warning.
"""

from __future__ import annotations

import logging
from typing import Any

from ...._interfaces.operations import WindowOperation
from ...._interfaces.window.windows import TimeWindow
from ...runtime.operator import OperatorContext
from .contents import Contents

_log = logging.getLogger("isthmus.windows")


class Bridged:
    """The mode of an operator."""

    def __init__(self, operation: WindowOperation, ctx: OperatorContext, contents: Contents) -> None:
        self._ctx = ctx
        self._contents = contents
        self.exact = (ctx.settings.windows_merging or operation.merging) != "pyflink"
        self._warned = False

    def in_order(self, windows: list[Any], new: Any) -> list[Any]:
        """The windows to be merged, that one first whose contents stay."""
        return windows if self.exact else _in_pyflink_order(windows, new)

    def combined(self, found: list[Any]) -> Any:
        """One window's contents for those of several, in the order of ``in_order``."""
        contents = found[0]
        if self.exact or self._contents.is_list:
            for other in found[1:]:
                contents = self._contents.merge(contents, other)
        elif len(found) > 1 and not self._warned:
            self._warned = True
            _log.warning(
                'Operator "%s": a record has bridged two session windows of key %r. As PyFlink does, the '
                "reduced value of one of them is lost. Set isthmus.windows.merging to exact to combine them.",
                self._ctx.name,
                self._ctx.cursor.key,
            )
        return contents


class _HashedAsInPyFlink:
    """A time window with the hash that decides the order of PyFlink's sets."""

    __slots__ = ("_hash", "window")

    def __init__(self, window: TimeWindow) -> None:
        self.window = window
        x = (window.end << 1) + 1
        inverse = x * x * x
        for _ in range(3):
            inverse *= 2 - x * inverse
        self._hash = window.start + inverse

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _HashedAsInPyFlink) and other.window == self.window


def _in_pyflink_order(group: list[Any], new: Any) -> list[Any]:
    """The windows in the order in which PyFlink goes through its set of them, so that the same one
    survives.
    """
    if len(group) < 2 or not isinstance(group[0], TimeWindow):
        return group
    windows: set[_HashedAsInPyFlink] = set()
    for window in sorted([*group, new], key=lambda w: (w.start, w.end)):
        windows.add(_HashedAsInPyFlink(window))
    windows.discard(_HashedAsInPyFlink(new))
    return [w.window for w in windows]
