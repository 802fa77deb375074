"""The event time of a task with several input channels. Twin of ``src/runtime/watermark-merger.ts``; the rules are those of
Flink's valve, but for W3.

W1. The merged watermark is the minimum over the channels that are active, and never goes back. One that was idle counts
    again when its own watermark has caught up; while it is idle it has none to say.
W2. Where all channels that go on are idle, the task is idle: event time goes to the largest watermark of any, in
    whatever order they fell silent, and as far as it can where a channel has come to its end.
W3. The final watermark comes with the end of the last channel, not before: what upstream emits while it finishes
    is then not late. A channel that has ended, or whose final watermark has come, holds nobody back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .operator import MAX_TIMESTAMP, MIN_TIMESTAMP, OperatorContext

#: The last event time before the final watermark that TypeScript has, too: a double.
LAST_BEFORE_END = 2**63 - 1024


class TimeChange(NamedTuple):
    """What followed, None where nothing did. Who is told of both is told that the task is active before the watermark,
    and that it is idle after it.
    """

    watermark: int | None = None
    idle: bool | None = None


_NOTHING = TimeChange()


class WatermarkMerger:
    def __init__(self, channels: Iterable[int]) -> None:
        self._watermarks = dict.fromkeys(channels, MIN_TIMESTAMP)
        self._idle: set[int] = set()
        self._open = set(self._watermarks)
        self.watermark = MIN_TIMESTAMP
        self.idle = False

    @property
    def ended(self) -> bool:
        return not self._open

    def advance(self, channel: int, watermark: int) -> TimeChange:
        if watermark <= self._watermarks[channel] or (channel in self._idle and watermark < MAX_TIMESTAMP):
            return _NOTHING  # W1
        self._watermarks[channel] = watermark
        return self._consequences()

    def set_idle(self, channel: int, idle: bool) -> TimeChange:
        if idle:
            self._idle.add(channel)
        else:
            self._idle.discard(channel)
        return self._consequences()

    def end(self, channel: int) -> TimeChange:
        self._open.discard(channel)
        return self._consequences()

    def _consequences(self) -> TimeChange:
        active = silent = 0
        lowest: int | None = None
        highest = MIN_TIMESTAMP
        for channel, watermark in self._watermarks.items():
            if watermark >= MAX_TIMESTAMP or channel not in self._open:
                highest = LAST_BEFORE_END  # W3
            elif channel in self._idle:
                silent += 1
                highest = max(highest, watermark)
            else:
                active += 1
                if watermark >= self.watermark:  # W1
                    lowest = watermark if lowest is None else min(lowest, watermark)
        idle = active == 0 and silent > 0
        merged = highest if idle else lowest  # W2
        if merged is None or merged <= self.watermark:
            merged = None
        else:
            self.watermark = merged
        if idle == self.idle:
            return TimeChange(merged)
        self.idle = idle
        return TimeChange(merged, idle)


def restore_watermark(ctx: OperatorContext) -> None:
    """Set an operator's event time to the earliest of those before it; it never goes below, so that a late record is
    late still.
    """
    known = ctx.state.drawn("watermark", lambda: _of_a_record(ctx.watermark))
    if known and len(known) == ctx.state.predecessors:
        ctx.watermark = min(known)


def _of_a_record(watermark: int) -> int | None:
    """None before the first; the final one says that input had ended, which it has not for who goes on."""
    return watermark if MIN_TIMESTAMP < watermark < MAX_TIMESTAMP else None
