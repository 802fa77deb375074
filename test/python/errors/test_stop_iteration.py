"""A StopIteration of the user's is told with the operator that it came from, although C code took it for an end."""

from __future__ import annotations

import json

CASES = {
    "print": ("shown", "env.from_collection([1, 2]).map(lambda x: Bad()).name('made').print().name('shown')"),
    "a timer, then print": ("shown", "timed(Bad()).print().name('shown')"),
    "a window, then print": ("shown", "window(Bad()).print().name('shown')"),
    "a timer, then a map": ("bad", "timed(1).map(stop).name('bad').print()"),
    "a timer, then two maps": (
        "bad",
        "timed(1).map(same).name('fine').map(stop).name('bad').map(same).name('on').print()",
    ),
    "a window, then two maps": ("bad", "window(1).map(same).name('fine').map(stop).name('bad').print()"),
    "a timer, then a sink": ("sunk", "timed(1).add_sink(stop).name('sunk')"),
    "a window, then a filter": ("bad", "window(1).map(same).name('fine').filter(stop).name('bad').print()"),
    "a record, two maps": ("bad", "numbers().map(same).name('fine').map(stop).name('bad').print()"),
    "a record, a flat map": (
        "bad",
        "numbers().map(same).name('fine').flat_map(lambda x: (stop(y) for y in [next(ended)])).name('bad').print()",
    ),
    "a record, next()": (
        "bad",
        "numbers().map(same).name('fine').map(lambda x: next(ended)).name('bad').map(same).print()",
    ),
}

PROGRAM = """
import json
from isthmus.datastream.window import CountWindow
from isthmus.errors import UserFunctionError

class Bad:
    def __str__(self):
        raise StopIteration("no more")

def same(x):
    return x

def stop(x):
    raise StopIteration

ended = iter(())

class OnTimer(KeyedProcessFunction):
    def __init__(self, given):
        self.given = given
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(5)
    def on_timer(self, timestamp, ctx):
        yield self.given

def numbers():
    return env.from_collection([1, 2])

def timed(given):
    return numbers().key_by(lambda x: 0).process(OnTimer(given)).name("timed")

def window(given):
    return numbers().key_by(lambda x: 0).count_window(2).reduce(lambda a, b: given).name("window")

for case, build in json.loads(sys.argv[1]).items():
    eval(build)
    try:
        env.execute(case)
    except UserFunctionError as e:
        assert "StopIteration was raised by" in str(e), e
        print(json.dumps([case, e.report["operator"]]))
"""


def test_the_operator_of_a_stop_iteration_is_named(programs):
    done = programs.end(
        programs.start(PROGRAM, json.dumps({case: build for case, (_, build) in CASES.items()})), timeout=120
    )
    found = dict(json.loads(line) for line in done.stdout.splitlines())
    assert found == {case: operator for case, (operator, _) in CASES.items()}, done.stderr
