"""The loop of a worker looks at the tasks that have something to do: its work grows with the records that pass, not with the
tasks there are. Work is counted, time is not.
"""

from __future__ import annotations

from typing import Any

import pytest
from isthmus._worker.runtime.agenda import Agenda, _DueTimes
from isthmus._worker.runtime.care import CAREFUL
from isthmus._worker.runtime.subtask import Subtask
from slots import DrivenSlot, operator, task

Tasks = list[dict[str, Any]]


def a_line(count: int, keyed: bool = False) -> Tasks:
    """A source and ``count`` tasks behind each other."""
    tasks = [task(0, [operator("source.collection", 0, "numbers")], outputs=[0], keyed=keyed)]
    for i in range(1, count):
        tasks.append(task(i, [operator("map", i, "same")], inputs=[i - 1], outputs=[i], keyed=keyed))
    tasks.append(task(count, [operator("map", count, "same")], inputs=[count - 1], keyed=keyed))
    return tasks


def processes(count: int) -> Tasks:
    """The same with operators that have timers of the clock."""
    tasks = a_line(count, keyed=True)
    for part in tasks[1:]:
        spec = part["chain"][0]
        part["chain"][0] = operator("process", spec["id"], "Echo")
    return tasks


def branches(count: int) -> Tasks:
    first = task(0, [operator("source.collection", 0, "numbers")], outputs=list(range(count)))
    return [first] + [task(i + 1, [operator("map", i + 1, "same")], inputs=[i]) for i in range(count)]


def sources(count: int) -> Tasks:
    reading = [task(i, [operator("source.collection", i, "numbers")], outputs=[i]) for i in range(count)]
    return [*reading, task(count, [operator("map", count, "same")], inputs=list(range(count)))]


def looks_of(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a task is asked whether, or when, it has something to do."""
    looks = 0

    def counting(real: Any) -> Any:
        def counted(self: Subtask) -> Any:
            nonlocal looks
            looks += 1
            return real(self)

        return counted

    with monkeypatch.context() as patch:
        for method in ("runnable", "next_processing_time"):
            patch.setattr(Subtask, method, counting(getattr(Subtask, method)))
        driven = DrivenSlot()
        driven.deploy(tasks)
        driven.run(lambda: driven.finished == len(tasks))
    return looks


@pytest.mark.parametrize("careful", [CAREFUL, 0])
@pytest.mark.parametrize("graph", [a_line, processes, branches, sources])
def test_looks_grow_with_the_tasks(graph: Any, careful: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus._worker.runtime.care.CAREFUL", careful)
    few, many = (looks_of(graph(count), monkeypatch) for count in (15, 120))
    # Eight times the tasks, all of which every record passes; the square would be 64.
    assert many < 12 * few


def test_a_record_costs_some_looks_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks_of(a_line(50), monkeypatch) < 50 * 20 * 6


def test_all_records_pass_a_long_line() -> None:
    driven = DrivenSlot()
    driven.deploy(a_line(60))
    driven.run(lambda: driven.finished == 61)
    assert [task.records_in for task in driven.slot.tasks] == [20] * 61


def test_credit_lets_a_task_without_room_go_on() -> None:
    driven = DrivenSlot()
    chain = [operator("source.collection", 0, "numbers"), operator("map", 1, "same")]
    driven.deploy([task(0, chain, outputs=[0], local=False)], {"channelWindowBytes": 1})
    answered = 0
    while not driven.finished:
        driven.run()
        unanswered = driven.batches()[answered:]
        assert unanswered, "the task waits for nothing"
        for _count, size in unanswered:
            driven.credit(0, size)
        answered += len(unanswered)
    driven.run()
    assert sum(count for count, _size in driven.batches()) == 20


class Place:
    """As much of a task as an agenda knows."""

    periodic, looks_again, finished = False, None, False

    def __init__(self, unproven: bool = False) -> None:
        self.unproven = unproven
        self.ready = True

    def runnable(self) -> bool:
        return self.ready


def agenda_of(*places: Place) -> Agenda:
    agenda = Agenda()
    for place in places:
        agenda.add(place)  # type: ignore[arg-type]
    return agenda


def test_tasks_further_downstream_come_first() -> None:
    places = [Place() for _ in range(5)]
    agenda = agenda_of(*places)
    for i in (1, 4, 2):
        agenda.note(places[i])  # type: ignore[arg-type]
    assert [*agenda.fast()] == [places[4], places[2], places[1]]
    assert agenda.is_empty


def test_careful_tasks_come_one_at_a_time() -> None:
    places = [Place(unproven=True) for _ in range(3)]
    agenda = agenda_of(*places)
    for place in places:
        agenda.note(place)  # type: ignore[arg-type]
    assert [*agenda.fast()] == []
    assert agenda.next_careful() is places[2]  # type: ignore[comparison-overlap]
    assert agenda.next_careful() is places[1]  # type: ignore[comparison-overlap]


def test_a_task_that_has_become_careful_waits_for_the_others() -> None:
    place = Place()
    agenda = agenda_of(place)
    agenda.note(place)  # type: ignore[arg-type]
    place.unproven = True
    assert [*agenda.fast()] == []
    assert agenda.next_careful() is place  # type: ignore[comparison-overlap]


def test_a_task_that_cannot_go_on_is_left_until_something_happens_to_it() -> None:
    place = Place()
    place.ready = False
    agenda = agenda_of(place)
    agenda.note(place)  # type: ignore[arg-type]
    assert [*agenda.fast()] == []
    place.ready = True
    assert agenda.is_empty
    agenda.note(place)  # type: ignore[arg-type]
    assert [*agenda.fast()] == [place]


def test_due_times_are_those_set_last() -> None:
    due = _DueTimes()
    due.put(1, 30)
    due.put(2, 20)
    due.put(1, 10)
    due.put(2, None)
    assert due.first() == 10
    assert due.take(10) == {1}
    assert due.first() is None
    due.put(1, 10)
    assert due.take(9) == set()
    assert due.take(30) == {1}


def test_due_times_that_are_put_off_take_no_more_room() -> None:
    due = _DueTimes()
    for at in range(10_000):
        due.put(3, at)
    assert due.first() == 9_999
    assert len(due._heap) < 100
