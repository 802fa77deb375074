"""The records of a batch on their way into the chain, as drains. Twin of ``src/runtime/record-run.ts``.

As long as the next record may be a slow one they go in steps, between which the rest of the slot has its turn (``care.py``).
Where the head of the chain takes only so many at a time, they wait; where a record may make a watermark, that goes before
the next one; where they are those of a source, a barrier goes between two of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from ..._interfaces.source import Batch
from ..._values.failure import safe_repr
from ..state.key_identity import Freezer
from .blame import stopped
from .care import Care
from .chain import Chain
from .drain import Drain, nothing
from .feed import Feed
from .operator import MIN_TIMESTAMP, Cursor
from .source_head import SourceHead

if TYPE_CHECKING:
    from ..._program.job_graph import OperatorSpec
    from ..state.changes import Changes


class RecordRun:
    """
    Args:
        head: The spec of the task's first operator, which may be a source.
        touched: Told of the keys of records; None where the job takes no checkpoints.
        wait: Gives a drain at which the task is left until somebody wakes it.
        turn: Called where the rest of the slot has its turn before the next record.
        has_more: Whether more input is at hand.
        source: Where the records come from, in a task that has a source.
        cut: The barrier that a source is to send; tells whether the task is suspended by it.
    """

    def __init__(
        self,
        chain: Chain,
        care: Care,
        cursor: Cursor,
        head: OperatorSpec,
        touched: Changes | None,
        *,
        wait: Callable[[], Drain],
        turn: Callable[[], None],
        has_more: Callable[[], bool],
        source: SourceHead | None = None,
        cut: Callable[[], Generator[Drain, None, bool]] | None = None,
    ) -> None:
        self._chain = chain
        self._care = care
        self._cursor = cursor
        self._head = head
        self._touched = touched
        self._wait = wait
        self._turn = turn
        self._has_more = has_more
        self._source = source
        self._cut = cut
        self._freezer = Freezer()
        #: Records of batches that are through.
        self._taken = 0
        #: The batch whose records are in the chain.
        self.at_hand: Feed | None = None

    @property
    def records_in(self) -> int:
        """Records that have entered the chain; the one in flight counts."""
        return self._taken + (0 if self.at_hand is None else self.at_hand.consumed)

    def batch(
        self,
        values: list[Any],
        timestamps: list[int] | None,
        keys: list[Any] | None,
        which: int,
        reach: int,
        origin: Batch[Any] | None = None,
    ) -> Generator[Drain, None, None]:
        """
        Args:
            which: The input that they are of.
            origin: What they are of the source, in a task that has one.
        """
        if keys is not None:
            keys = self._freezer.frozen(keys)
            if self._touched is not None:
                self._touched.touch(keys)  # D1 of changes.py
        chain, care, source, cut = self._chain, self._care, self._source, self._cut
        timed = timestamps is not None or chain.is_timed
        cursor = self._cursor
        done = 0
        total = len(values)
        one_by_one = bool(chain.punctuating)
        reach = chain.reach_of(values, reach)
        while done < total:
            end = done + 1 if one_by_one else total
            if chain.limits:
                while (room := chain.room()) == 0:
                    if source is not None and source.is_to_cut and cut is not None and (yield from cut()):
                        return
                    yield self._wait()
                if room is not None:
                    end = min(end, done + room)
            if care.in_steps:
                end = min(end, done + care.stride)
            if done or end < total:
                part = slice(done, end)
                feed = Feed(values[part], keys and keys[part], timestamps and timestamps[part], cursor)
            else:
                feed = Feed(values, keys, timestamps, cursor)
            if timestamps is None:
                cursor.timestamp = MIN_TIMESTAMP
            self.at_hand = feed
            yield chain.enter(feed, which, keys is not None, reach), timed, feed
            self.at_hand = None
            taken = feed.consumed
            self._taken += taken
            if not feed.drained:
                index = done + max(taken, 1) - 1
                raise stopped(chain.operators, self._head, safe_repr(values[index]))
            done += taken
            if one_by_one:
                # The watermark that a record made comes before the next record.
                yield from chain.punctuated()
            if source is not None and origin is not None:
                source.took(origin, done)
                if done < total and source.is_to_cut and cut is not None and (yield from cut()):
                    return
            care.passed(feed, taken)
            if care.in_steps:
                self._turn()
                if done < total:
                    yield nothing()
        if chain.gathers and not self._has_more():
            yield from chain.let_go()
