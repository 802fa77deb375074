"""The watchdog over real threads, with chains that last."""

import threading
import time

import pytest
from isthmus._worker.runtime.feed import Feed
from isthmus._worker.runtime.operator import Cursor
from isthmus._worker.runtime.pull import Pull
from isthmus._worker.runtime.watchdog import Watchdog
from processes import LIMIT_S, eventually


def pull_of(feed=None, timed=False):
    return Pull(None, feed, timed)


def within(watchdog, pull, work):
    watchdog.enter(pull)
    try:
        return work()
    finally:
        assert watchdog.leave() is pull


def test_ends_a_slow_batch_within_periods():
    watchdog = Watchdog(0.005, let_out=lambda pull: None)
    feed = Feed(list(range(1000)), None, None, Cursor())
    slow = map(lambda v: time.sleep(0.002) or v, feed.iterator)
    done = within(watchdog, pull_of(feed), lambda: list(slow))
    assert feed.cut
    assert 0 < len(done) == feed.consumed < 200


def test_parks_and_comes_back():
    watchdog = Watchdog(0.001, let_out=lambda pull: None)
    within(watchdog, pull_of(Feed([1], None, None, Cursor())), lambda: None)
    assert eventually(lambda: watchdog._parked)
    feed = Feed(list(range(1000)), None, None, Cursor())
    within(watchdog, pull_of(feed), lambda: list(map(lambda v: time.sleep(0.001), feed.iterator)))
    assert feed.cut
    assert sum(t.name == "isthmus-watchdog" for t in threading.enumerate()) >= 1


@pytest.mark.parametrize("timed", [False, True])
def test_what_is_finished_is_let_out_while_the_call_lasts(timed):
    out = []
    came = threading.Event()

    def let_out(pull):
        made = pull.take_finished()
        if made is not None:
            out.append(made)
            if sum(len(made.values) for made in out) == 3:
                came.set()

    def records():
        for value in (1, 2, 3):
            if timed:
                pull.timestamps.append(value * 10)
            yield value
        assert came.wait(LIMIT_S)
        if timed:
            pull.timestamps.append(40)
        yield 4

    watchdog = Watchdog(0.001, let_out=let_out)
    pull = pull_of(timed=timed)
    within(watchdog, pull, lambda: pull.values.extend(records()))
    rest = pull.take_rest()
    assert [v for made in [*out, rest] for v in made.values] == [1, 2, 3, 4]
    if timed:
        assert [t for made in [*out, rest] for t in made.timestamps] == [10, 20, 30, 40]
    assert pull.take_rest() is None


def test_the_loop_waits_until_what_is_let_out_is_out():
    order = []
    inside = threading.Event()

    def let_out(pull):
        inside.set()
        time.sleep(0.05)
        order.append("out")

    watchdog = Watchdog(0.001, let_out=let_out)
    pull = pull_of()
    watchdog.enter(pull)
    assert inside.wait(LIMIT_S)
    watchdog.leave()
    order.append("back")
    assert order[-2:] == ["out", "back"]


def test_what_letting_out_raises_is_told_to_the_loop_once():
    calls = []

    def let_out(pull):
        calls.append(pull)
        raise ValueError("no")

    watchdog = Watchdog(0.001, let_out=let_out)
    pull = pull_of()

    def wait():
        assert eventually(lambda: pull.error is not None)
        time.sleep(0.01)  # Some periods, in which it might be called again.

    within(watchdog, pull, wait)
    assert isinstance(pull.error, ValueError)
    assert len(calls) == 1
