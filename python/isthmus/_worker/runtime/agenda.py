"""Which tasks of a slot have something to do, and when something will be due: of a thousand tasks few have work at a time.

G1. A task is asked once after something has happened to it (it was given an element, credit, results, time to run), and
    as long as it says that it can go on; nobody asks the others. So whoever changes what ``Subtask.runnable`` or
    ``Subtask.next_processing_time`` would answer says so here.
G2. What is noted is a hint: a task that turns out to have nothing to do is left until something happens to it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .subtask import Subtask


class Agenda:
    """Tasks are known by their place in the slot; those further downstream have higher ones."""

    def __init__(self) -> None:
        self._tasks: list[Subtask] = []
        #: Noted, whose functions are fast.
        self._noted: set[int] = set()
        #: Noted, whose next record may be a slow one: a heap of negative places, and the same as a set.
        self._careful: list[int] = []
        self._in_careful: set[int] = set()
        #: By the clock, in ms; and sources that have to look again by themselves, in seconds of the monotonic clock.
        self.due = _DueTimes()
        self.looks = _DueTimes()

    def add(self, task: Subtask) -> None:
        task.place = len(self._tasks)
        task.note = self.note
        self._tasks.append(task)

    def note(self, task: Subtask) -> None:
        """Something has happened to a task (G1)."""
        place = task.place
        if not task.unproven:
            self._noted.add(place)
        elif place not in self._in_careful:
            self._in_careful.add(place)
            heappush(self._careful, -place)

    @property
    def is_empty(self) -> bool:
        return not self._noted and not self._careful

    def fast(self) -> Iterator[Subtask]:
        """Those noted now that are runnable, from the furthest downstream; one that is handed out is noted no more."""
        for place in sorted(self._noted, reverse=True):
            # Another turn of the loop, within a function of one of them, may have been there before.
            if place in self._noted:
                self._noted.discard(place)
                task = self._tasks[place]
                if task.unproven:
                    self.note(task)
                elif task.runnable():  # G2
                    yield task

    def next_careful(self) -> Subtask | None:
        """The one furthest downstream that is runnable; it is noted no more."""
        while self._careful:
            place = -heappop(self._careful)
            self._in_careful.discard(place)
            task = self._tasks[place]
            if task.runnable():
                return task
        return None

    def worked(self, task: Subtask) -> None:
        """A task has had its turn: whether it can go on, and when it wants to be called, may have changed."""
        if task.runnable():
            self.note(task)
        self.plan(task)

    def plan(self, task: Subtask) -> None:
        """Ask a task when it wants to be called by the clock, or to be asked again."""
        if task.periodic:
            self.due.put(task.place, task.next_processing_time())
        if task.looks_again is not None:
            self.looks.put(task.place, None if task.is_over else task.looks_again())

    def due_by(self, now_ms: int) -> list[Subtask]:
        """The tasks that want to be called by now, in their order."""
        return self._of(self.due.take(now_ms))

    def note_lookers(self, now_s: float) -> None:
        for task in self._of(self.looks.take(now_s)):
            # Whether or not it can go on: other subtasks wait for what it finds.
            task.look()
            self.note(task)
            self.plan(task)

    def _of(self, places: Iterable[int]) -> list[Subtask]:
        return [self._tasks[place] for place in sorted(places)]


class _DueTimes:
    """The next time of each place. A heap whose entries count while they say what was set last."""

    def __init__(self) -> None:
        self._due: dict[int, float] = {}
        self._heap: list[tuple[float, int]] = []

    def put(self, place: int, at: float | None) -> None:
        if self._due.get(place) == at:
            return
        if at is None:
            self._due.pop(place, None)
            return
        self._due[place] = at
        heappush(self._heap, (at, place))
        # Times that are put off again and again leave what counts no more behind.
        if len(self._heap) > 64 + 4 * len(self._due):
            self._heap = [(at, place) for place, at in self._due.items()]
            heapify(self._heap)

    def first(self) -> float | None:
        heap = self._heap
        while heap and self._due.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def take(self, now: float) -> set[int]:
        """The places whose time has come; they have none until one is set."""
        taken: set[int] = set()
        while (at := self.first()) is not None and at <= now:
            _, place = heappop(self._heap)
            del self._due[place]
            taken.add(place)
        return taken
