"""The inputs of a task: watermarks merged, barriers aligned, ends counted. Twin of ``src/runtime/input-gate.ts``.

I1. The merged watermark is the minimum over the channels that are neither idle nor ended, and never goes back.
I2. Where all channels left are idle the task is idle, and the channels that have ended (with the final watermark) say
    how far time has come; as in Flink, a silent input does not keep the others' last windows open.
I3. Between a channel's barrier and the end of the alignment nothing of that channel is handed out.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from .operator import MIN_TIMESTAMP


class InputGate:
    """Pure bookkeeping: it is told of elements and says what follows from them."""

    def __init__(self, channels: list[int]) -> None:
        self._watermarks: dict[int, int] = dict.fromkeys(channels, MIN_TIMESTAMP)
        self._idle: set[int] = set()
        self._open: set[int] = set(channels)
        self.watermark = MIN_TIMESTAMP
        self.idle = False
        self._aligning: int | None = None
        self._arrived: set[int] = set()
        self._held: deque[Any] = deque()

    @property
    def ended(self) -> bool:
        return not self._open

    def on_watermark(self, channel: int, watermark: int) -> int | None:
        """Returns the new merged watermark if it advanced."""
        if watermark > self._watermarks[channel]:
            self._watermarks[channel] = watermark
        return self._merge()

    def on_idle(self, channel: int, idle: bool) -> tuple[int | None, bool | None]:
        """Returns the new merged watermark and the new idleness of the task, each None where unchanged."""
        if idle:
            self._idle.add(channel)
        else:
            self._idle.discard(channel)
        return self._merge(), self._merge_idle()

    def on_end(self, channel: int) -> tuple[int | None, bool | None]:
        self._open.discard(channel)
        self._idle.discard(channel)
        return self._merge(), self._merge_idle()

    def _merge(self) -> int | None:
        active = [self._watermarks[c] for c in self._open if c not in self._idle]
        if not active:
            # I2: what has ended speaks for those that sleep; without it an input that sleeps stays where it is.
            ended = [w for c, w in self._watermarks.items() if c not in self._open]
            if not ended:
                return None
            merged = min(ended)
        else:
            merged = min(active)
        if merged > self.watermark:
            self.watermark = merged
            return merged
        return None

    def _merge_idle(self) -> bool | None:
        idle = bool(self._open) and self._open <= self._idle
        if idle == self.idle:
            return None
        self.idle = idle
        return idle

    # Alignment (I3).

    def is_held(self, channel: int) -> bool:
        return self._aligning is not None and channel in self._arrived

    def hold(self, element: Any) -> None:
        self._held.append(element)

    def on_barrier(self, channel: int, checkpoint: int) -> bool:
        """Returns True when the barrier has arrived on every open channel."""
        if self._aligning is None or checkpoint > self._aligning:
            self._aligning = checkpoint
            self._arrived = set()
        self._arrived.add(channel)
        return self.aligned

    @property
    def aligning(self) -> int | None:
        return self._aligning

    @property
    def aligned(self) -> bool:
        return self._aligning is not None and self._open <= self._arrived

    def release(self) -> deque[Any]:
        """Ends the alignment; returns what was held back, in order of arrival."""
        self._aligning = None
        self._arrived = set()
        held, self._held = self._held, deque()
        return held
