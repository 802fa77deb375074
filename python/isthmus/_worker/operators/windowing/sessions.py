"""Session windows with their default trigger and no lateness, kept as intervals instead of as windows that merge.

A record mostly falls into the one session its key has, or begins one; neither makes a window, a timer or a
merge. What comes out, and in which order, is what ``MergingEngine`` gives.

  S1. The sessions of a key neither overlap nor touch, and are kept in order of time: a key may have many, all those
      of a file that is read faster than watermarks come.
  S2. Sessions fire in order of their end; those of one end in the order in which they got their bounds.
  S3. The heap has one entry for each session, at an end it once had: where it has grown since, the entry
      moves when it comes up.
  S4. A record that touches several sessions makes one of them, as ``bridged`` says.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Any

from ...._interfaces.operations import WindowOperation
from ...._interfaces.window.sessions import (
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
)
from ...._interfaces.window.windows import TimeWindow
from ...runtime.operator import OperatorContext
from .bridged import Bridged
from .engine import Engine


class _Session:
    __slots__ = ("contents", "end", "entry", "gone", "order", "start")

    def __init__(self, start: int, end: int, contents: Any, order: int) -> None:
        self.start, self.end, self.contents = start, end, contents
        #: When it got its bounds (S2), and the end its entry in the heap stands at (S3).
        self.order = order
        self.entry = end
        #: Became part of another.
        self.gone = False


class SessionEngine(Engine):
    def __init__(self, operation: WindowOperation, ctx: OperatorContext) -> None:
        super().__init__(operation, ctx)
        assigner = operation.assigner
        self.event_time = assigner.is_event_time()
        dynamic = isinstance(assigner, (DynamicEventTimeSessionWindows, DynamicProcessingTimeSessionWindows))
        self._gap_of: Callable[[Any], int] | None = assigner._gap if dynamic else None
        self._gap: int = 0 if dynamic else assigner._session_gap
        self._bridged = Bridged(operation, ctx, self.contents)
        #: key → its sessions (S1)
        self._sessions: dict[Any, list[_Session]] = {}
        #: (end, order, key, session); no two have end and order in common (S3).
        self._heap: list[tuple[int, int, Any, _Session]] = []
        self._next_order: Callable[[], int] = count(1).__next__
        self._touch = ctx.state.touch
        self._take(ctx.state.derived("sessions", lambda: self._sessions, _saved))

    def process(self, pairs: Iterator[tuple[Any, Any]]) -> Iterator[Iterable[Any]]:
        cursor = self.ctx.cursor
        event_time, now_ms = self.event_time, self.ctx.clock.now_ms
        gap, gap_of = self._gap, self._gap_of
        sessions = self._sessions
        get = sessions.get
        add = self.contents.add
        next_order = self._next_order
        for key, value in pairs:
            cursor.key = key
            start = cursor.timestamp if event_time else now_ms()
            end = start + (gap if gap_of is None else gap_of(value))
            known = get(key)
            if known is not None and len(known) == 1:
                session = known[0]
                held = session.end
                if start <= held and session.start <= end:
                    # Most records are later than all before: the session's end moves with each.
                    if end > held and start >= session.start:
                        session.end = end
                        session.order = next_order()
                    elif end > held or start < session.start:
                        self._grow(session, start, end)
                    session.contents = add(session.contents, value)
                    continue
            self._place(key, known, start, end, value)
        return
        yield

    def _grow(self, session: _Session, start: int, end: int) -> None:
        session.start = min(session.start, start)
        session.end = max(session.end, end)
        session.order = self._next_order()

    def _place(self, key: Any, known: list[_Session] | None, start: int, end: int, value: Any) -> None:
        """A record of a key that has no session, or several, or one that it does not touch."""
        at, touched = _touched(known, start, end) if known is not None else (0, [])
        if not touched:
            if self.event_time and end - 1 <= self.ctx.watermark:
                self.drop_late(value)
                return
            self._open(key, known, at, _Session(start, end, self.contents.first(value), 0))
        elif len(touched) == 1:
            session = touched[0]
            if end > session.end or start < session.start:
                self._grow(session, start, end)
            session.contents = self.contents.add(session.contents, value)
        else:
            assert known is not None
            by_window = {TimeWindow(s.start, s.end): s for s in touched}
            ordered = self._bridged.in_order(sorted(by_window, key=_start), TimeWindow(start, end))
            contents = self._bridged.combined([by_window[window].contents for window in ordered])
            for session in touched:
                session.gone = True  # S4
            del known[at : at + len(touched)]
            start = min(start, *(s.start for s in touched))
            end = max(end, *(s.end for s in touched))
            self._open(key, known, at, _Session(start, end, self.contents.add(contents, value), 0))

    def _open(self, key: Any, known: list[_Session] | None, at: int, session: _Session) -> None:
        if known is None:
            self._sessions[key] = [session]
        else:
            known.insert(at, session)
        session.order = self._next_order()
        heappush(self._heap, (session.end, session.order, key, session))

    def advance_watermark(self, watermark: int) -> Iterator[Iterable[Any]] | None:
        return self._fire(watermark) if self.event_time else None

    def next_processing_time(self) -> int | None:
        return None if self.event_time or not self._heap else self._heap[0][0] - 1

    def advance_processing_time(self, now: int) -> Iterator[Iterable[Any]] | None:
        return None if self.event_time else self._fire(now)

    def _fire(self, time: int) -> Iterator[Iterable[Any]]:
        if not self._heap or self._heap[0][0] - 1 > time:
            return
        emission = self.emission
        for _, _, key, session in sorted(self._take_ended(time), key=lambda found: found[:2]):
            window = TimeWindow(session.start, session.end)
            results = emission.emit(key, window, session.contents, session.end - 1)
            if results is not None:
                yield results
            if emission.clears:
                emission.clear(key, window)

    def _take_ended(self, time: int) -> Iterator[tuple[int, int, Any, _Session]]:
        heap = self._heap
        keys: dict[Any, None] = {}
        while heap and heap[0][0] - 1 <= time:
            _, _, key, session = heappop(heap)
            if session.gone:
                continue
            if session.end > session.entry:  # S3
                session.entry = session.end
                heappush(heap, (session.end, session.order, key, session))
                continue
            if key not in keys:
                keys[key] = None
                self._touch((key,))
            yield session.end, session.order, key, session
        for key in keys:
            known = self._sessions[key]
            del known[: bisect_right(known, time + 1, key=_end)]  # S1: they were the first of their key.
            if not known:
                del self._sessions[key]

    def _take(self, restored: list[tuple[Any, Any]]) -> None:
        restored.sort(key=lambda found: int(found[1][3]))
        for key, (start, end, contents, _) in restored:
            known = self._sessions.get(key)
            at = bisect_left(known, start, key=_end) if known is not None else 0
            self._open(key, known, at, _Session(start, end, contents, 0))


def _saved(known: list[_Session]) -> Iterator[Any]:
    return ((session.start, session.end, session.contents, session.order) for session in known)


def _touched(known: list[_Session], start: int, end: int) -> tuple[int, list[_Session]]:
    """Those that an interval touches, and where the first of them is, or would be."""
    first = last = bisect_left(known, start, key=_end)
    while last < len(known) and known[last].start <= end:
        last += 1
    return first, known[first:last]


def _end(session: _Session) -> int:
    return session.end


def _start(window: TimeWindow) -> int:
    return window.start
