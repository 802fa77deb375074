"""Pulls drains: a chunk at a time, with the watchdog looking on.

P1. Records made before an exception are emitted before the failure is reported.
P2. A record that has lasted holds nothing back: what was made before it is pushed out of channels, too.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ..._values.keep import take, take_timed
from ..._values.raised import ANYTHING
from ..machine.clock import Clock
from . import forked
from .blame import stopped
from .care import CHUNK, Care
from .drain import Drain
from .emitted import Emitted
from .feed import Feed
from .operator import Cursor
from .outputs import Outputs
from .pull import Pull
from .reach import SHARED
from .watchdog import Watchdog

if TYPE_CHECKING:
    from .subtask import Subtask

#: Records of the first chunk, before their size is known.
_FIRST_CHUNK = 64
#: Records of the longest chunk. One of more than ``CHUNK`` comes behind one of numbers that took less than ``_QUICK_S`` seconds:
#: of tuples the interpreter keeps 2,000 at hand, and makes more of them at twice the price.
_LONGEST_CHUNK = 8192
_QUICK_S = 0.005
_NUMBERS = (int, float, bool)
#: Seconds of a call after which its records count as slow ones, whether or not the watchdog has seen it: a function may keep
#: Python's lock to itself. Longer than a busy machine keeps a process waiting.
LASTS_S = 0.05


class Puller:
    def __init__(
        self,
        task: Subtask,
        outputs: Outputs,
        care: Care,
        cursor: Cursor,
        clock: Clock,
        watchdog: Watchdog | None,
    ) -> None:
        self._task = task
        self._outputs = outputs
        self._care = care
        self._cursor = cursor
        self._clock = clock
        self._watchdog = watchdog
        self._chunk = _FIRST_CHUNK

    def pull(self, drain: Drain) -> Drain | None:
        """Pull up to a chunk and emit it; returns the drain if there may be more."""
        records, timed, feed = drain
        pull = Pull(self._task, feed if type(feed) is Feed else None, timed)
        values, timestamps = pull.values, pull.timestamps
        limit = self._chunk
        reach = pull.reach
        error: BaseException | None = None
        watchdog = self._watchdog
        outputs = self._outputs
        if watchdog is not None:
            watchdog.enter(pull)
        pull.began = self._clock.monotonic()
        try:
            own = outputs.own if reach == SHARED else None  # O1 of ``outputs.py``
            if timestamps is not None:
                take_timed(records, values, limit, own, timestamps, self._cursor)
            elif own is None:
                values.extend(islice(records, limit))
            else:
                take(records, values, limit, own)
        except ANYTHING as e:
            error = e
        finally:
            if watchdog is not None:
                watchdog.leave()
        if forked.is_child():
            forked.end_child(error)
        took = self._clock.monotonic() - pull.began
        made = pull.take_rest()  # P1
        if made is not None and pull.error is None:
            outputs.emit(made, reach)
            is_light = took < _QUICK_S and type(values[0]) in _NUMBERS
            longest = _LONGEST_CHUNK if is_light else CHUNK
            self._chunk = outputs.fitting(min(limit * 2, longest))
        if len(values) < limit and type(feed) is Emitted and not feed.drained:
            error = error or self._stopped(feed)
        outputs.flush_sides()
        error = error or pull.error
        if error is not None:
            raise error
        lasted = took > LASTS_S
        if lasted and type(feed) is Feed:
            feed.lasted = True
        if lasted or self._care.in_steps:
            outputs.push()  # P2: the next one may last as long.
        return drain if len(values) == limit else None

    def _stopped(self, feed: Emitted) -> BaseException:
        task = self._task
        return stopped(task.chain.operators[feed.behind :], task.head)
