"""The inputs of a task: a queue per channel, watermarks merged, barriers aligned, ends counted. Twin of
``src/runtime/input-gate.ts``; ``test/vectors/gate.json`` says what both make of what arrives.

I1. Elements of one channel come out in the order they came in.
I2. Channels take turns by arrival, one element each, so that none starves.
I3. Credit for a batch goes back when it is taken off its queue, so a blocked channel stops its sender.
I4. A task is active before its watermark moves, and idle after it.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from .aligner import Barrier, BarrierAligner
from .watermarks import TimeChange, WatermarkMerger

#: What channels carry: ("batch", …), ("watermark", time), ("idle", whether), ("barrier", *Barrier), ("end",).
Element = tuple[Any, ...]
#: What the task has to do next: ("batch", channel, element), and the others as elements are, ("end",) once, for all.
Event = tuple[Any, ...]


class InputGate:
    def __init__(self, channels: list[int]) -> None:
        self._queues: dict[int, deque[Element]] = {channel: deque() for channel in channels}
        #: Channels that have something to hand out, each once.
        self._turns: deque[int] = deque()
        self._queued: set[int] = set()
        self._events: deque[Event] = deque()
        self._ended: set[int] = set()
        self._merger = WatermarkMerger(channels)
        self._aligner = BarrierAligner(channels)

    def receive(self, channel: int, element: Element) -> None:
        self._queues[channel].append(element)
        self._take_turn(channel)

    def __bool__(self) -> bool:
        """Whether ``next`` has something to look at."""
        return bool(self._turns or self._events)

    def next(self) -> Event | None:
        """The next thing to do; None when all there is has been done or is blocked."""
        while True:
            if self._events:
                return self._events.popleft()
            if not self._turns:
                return None
            channel = self._turns.popleft()
            self._queued.discard(channel)
            queue = self._queues[channel]
            if channel in self._ended:
                queue.clear()
                continue
            element = queue.popleft()
            kind = element[0]
            if kind == "batch":
                self._take_turn(channel)
                return ("batch", channel, element)
            if kind == "watermark":
                self._follow(self._merger.advance(channel, element[1]))
            elif kind == "idle":
                self._follow(self._merger.set_idle(channel, element[1]))
            elif kind == "barrier":
                self._align(*self._aligner.arrive(channel, element[1:]))
            elif kind == "end":
                self._ended.add(channel)
                self._follow(self._merger.end(channel))
                self._align(*self._aligner.end(channel))
                if self._merger.ended:
                    self._events.append(("end",))
            else:
                raise AssertionError(f"unknown element {kind}")
            self._take_turn(channel)

    def _follow(self, change: TimeChange) -> None:
        watermark, idle = change
        if idle is False:
            self._events.append(("idle", False))  # I4
        if watermark is not None:
            self._events.append(("watermark", watermark))
        if idle:
            self._events.append(("idle", True))

    def _align(self, aligned: Barrier | None, released: list[int]) -> None:
        if aligned is not None:
            self._events.append(("barrier", *aligned))
        for channel in released:
            self._take_turn(channel)

    def _take_turn(self, channel: int) -> None:
        if channel in self._queued or not self._queues[channel] or self._aligner.is_blocked(channel):
            return
        self._queued.add(channel)
        self._turns.append(channel)
