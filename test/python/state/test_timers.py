"""Timers against a naive model: a set of (time, key), fired in order of time, then of registration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from isthmus._worker.runtime.timer_queue import TimerQueue
from isthmus._worker.state.embedded import EmbeddedStore
from isthmus._worker.state.embedded_timers import EmbeddedTimers

times = st.integers(-5, 30)
keys = st.sampled_from("abc")
actions = st.one_of(
    st.tuples(st.just("register"), times, keys),
    st.tuples(st.just("delete"), times, keys),
    st.tuples(st.just("advance"), times),
)


class Model:
    def __init__(self) -> None:
        self.timers: list[tuple[int, str]] = []

    def register(self, time: int, key: str) -> None:
        if (time, key) not in self.timers:
            self.timers.append((time, key))

    def delete(self, time: int, key: str) -> None:
        if (time, key) in self.timers:
            self.timers.remove((time, key))

    def advance(self, now: int) -> list[tuple[int, str]]:
        due = sorted((t for t in self.timers if t[0] <= now), key=lambda t: t[0])
        self.timers = [t for t in self.timers if t[0] > now]
        return due


@pytest.fixture(params=["heap", "embedded", "embedded, by single rows"])
def new_queue(request, monkeypatch):
    """Makes queues of one kind."""
    if request.param == "heap":
        yield TimerQueue
        return
    if request.param == "embedded, by single rows":
        monkeypatch.setattr("isthmus._worker.state.embedded_timers.PAGE_ROWS", 1)
    store = EmbeddedStore()
    yield lambda: EmbeddedTimers(store, lambda key: None)
    store.close()


@given(script=st.lists(actions, max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_fires_as_the_model_does(new_queue, script: list[tuple]) -> None:
    queue, model = new_queue(), Model()
    for action, *arguments in script:
        if action == "register":
            queue.register(*arguments)
            model.register(*arguments)
        elif action == "delete":
            queue.delete(*arguments)
            model.delete(*arguments)
        else:
            assert list(queue.due(arguments[0])) == model.advance(arguments[0])
        assert sorted(queue.items()) == sorted(model.timers)
        assert queue.next_time() == min((t for t, _ in model.timers), default=None)
        assert len(queue) == len(model.timers)


def test_timers_registered_while_firing_take_their_place(new_queue) -> None:
    queue = new_queue()
    queue.register(10, "a")
    queue.register(30, "a")
    fired = []
    for time, key in queue.due(40):
        fired.append((time, key))
        if (time, key) == (10, "a"):
            queue.register(20, "b")
            queue.register(10, "c")
            queue.register(50, "d")
    assert fired == [(10, "a"), (10, "c"), (20, "b"), (30, "a")]
    assert queue.next_time() == 50


def test_a_timer_deleted_while_firing_does_not_fire(new_queue) -> None:
    queue = new_queue()
    queue.register(1, "a")
    queue.register(2, "a")
    queue.register(3, "a")
    fired = []
    for time, key in queue.due(9):
        fired.append(time)
        queue.delete(2, key)
    assert fired == [1, 3]


def test_a_timer_that_registers_itself_again_fires_again(new_queue) -> None:
    queue = new_queue()
    queue.register(1, "a")
    fired = []
    for time, key in queue.due(5):
        fired.append(time)
        queue.register(time + 2, key)
    assert fired == [1, 3, 5]
    assert queue.next_time() == 7


def test_a_timer_of_another_key_deleted_while_its_time_fires_does_not_fire(new_queue) -> None:
    queue = new_queue()
    for key in "abc":
        queue.register(1, key)
    fired = []
    for _, key in queue.due(1):
        fired.append(key)
        queue.delete(1, "b")
    assert fired == ["a", "c"]


def test_fires_as_in_typescript(new_queue) -> None:
    """``test/operators/windowing/timer-vectors.test.ts`` says what the steps are."""
    vectors = json.loads((Path(__file__).parents[2] / "vectors" / "timers.json").read_text())
    for script in vectors["scripts"]:
        queue, reactions, fired = new_queue(), dict(script["on"]), []

        def act(step: str, queue=queue, reactions=reactions, fired=fired) -> None:
            if step[0] == "@":
                for time, key in queue.due(int(step[1:])):
                    fired.append(f"{time}{key}")
                    for each in reactions.pop(fired[-1], "").split():
                        act(each)
            else:
                change = queue.register if step[0] == "+" else queue.delete
                change(int(step[1:-1]), step[-1])

        for step in script["steps"].split():
            act(step)
        assert " ".join(fired) == script["fired"], script
