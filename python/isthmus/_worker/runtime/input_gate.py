"""The inputs of a task: a queue per channel, watermarks merged, barriers aligned, ends counted. Twin of
``src/runtime/input-gate.ts``; ``test/vectors/gate.json`` says what both make of what arrives.

I1. Elements of one channel come out in the order they came in.
I2. Channels take turns by arrival, one element each, so that none starves.
I3. Credit for a batch goes back when it is taken off its queue, so a blocked channel stops its sender (``elements.py``).
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


class _Channel:
    __slots__ = ("ended", "id", "queue", "queued")

    def __init__(self, id: int) -> None:
        self.id = id
        self.queue: deque[Element] = deque()
        #: Whether it has a turn.
        self.queued = False
        self.ended = False


class InputGate:
    def __init__(self, channels: list[int]) -> None:
        self._channels = {id: _Channel(id) for id in channels}
        #: Channels that have something to hand out, each once.
        self._turns: deque[_Channel] = deque()
        self._events: deque[Event] = deque()
        self._merger = WatermarkMerger(channels)
        self._aligner = BarrierAligner(channels)
        self._blocked = self._aligner.blocked

    def receive(self, channel: int, element: Element) -> None:
        to = self._channels[channel]
        to.queue.append(element)
        if not to.queued and channel not in self._blocked:
            to.queued = True
            self._turns.append(to)

    def __bool__(self) -> bool:
        """Whether ``next`` has something to look at."""
        return bool(self._turns or self._events)

    def next(self) -> Event | None:
        """The next thing to do; None when all there is has been done or is blocked."""
        turns, events = self._turns, self._events
        while True:
            if events:
                return events.popleft()
            if not turns:
                return None
            channel = turns.popleft()
            if channel.ended:
                channel.queue.clear()
                channel.queued = False
                continue
            element = channel.queue.popleft()  # I1
            if element[0] == "batch":
                if channel.queue:
                    turns.append(channel)
                else:
                    channel.queued = False
                return ("batch", channel.id, element)
            channel.queued = False
            self._control(channel, element)
            self._take_turn(channel)

    def _control(self, channel: _Channel, element: Element) -> None:
        kind = element[0]
        if kind == "watermark":
            self._follow(self._merger.advance(channel.id, element[1]))
        elif kind == "idle":
            self._follow(self._merger.set_idle(channel.id, element[1]))
        elif kind == "barrier":
            self._align(*self._aligner.arrive(channel.id, element[1:]))
        elif kind == "end":
            channel.ended = True
            self._follow(self._merger.end(channel.id))
            self._align(*self._aligner.end(channel.id))
            if self._merger.ended:
                self._events.append(("end",))
        else:
            raise AssertionError(f"unknown element {kind}")

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
            self._take_turn(self._channels[channel])

    def _take_turn(self, channel: _Channel) -> None:
        if channel.queue and not channel.queued and channel.id not in self._blocked:
            channel.queued = True
            self._turns.append(channel)  # I2
