"""What metrics of functions come to for the runtime, whatever they are given."""

from decimal import Decimal

import numpy as np
import pytest
from isthmus._bridge.control import decode_control, encode_control
from isthmus._worker.machine.clock import SystemClock
from isthmus._worker.runtime.metrics import WorkerMetricGroup


@pytest.fixture
def group():
    return WorkerMetricGroup("", SystemClock())


def told(group):
    return decode_control(encode_control(group.reported()))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, 3),
        (0.5, 0.5),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (Decimal("0.5"), 0.5),
        (2**53, 2**53),
        (2**60, float(2**60)),  # The runtime's numbers are doubles.
        (-(2**70), float(-(2**70))),
        (10**400, None),
        ("3", None),
        (True, None),
        (None, None),
        (1j, None),
    ],
    ids=repr,
)
def test_gauges_are_numbers_or_left_out(group, value, shown):
    group.gauge("g", lambda: value)
    assert told(group) == ({} if shown is None else {"g": {"kind": "gauge", "value": shown}})


def test_what_is_counted_may_be_numpys(group):
    group.counter("c").inc(np.int64(5) * 10**9)
    group.meter("m").mark_event(np.uint8(7))
    group.distribution("d").update(np.float64(1.5))
    group.distribution("empty")
    assert told(group)["c"] == {"kind": "counter", "count": 5 * 10**9}
    assert told(group)["m"]["count"] == 7
    assert told(group)["d"] == {"kind": "distribution", "count": 1, "sum": 1.5, "min": 1.5, "max": 1.5}
    assert "empty" not in told(group)


def test_a_name_is_one_metric_whichever_way_leads_to_it(group):
    for counter in (group.add_group("a", "b").counter("c"), group.add_group("a").add_group("b").counter("c")):
        counter.inc()
    assert told(group) == {"a.b.c": {"kind": "counter", "count": 2}}


def test_one_of_another_kind_takes_the_place(group):
    group.gauge("x", lambda: 1)
    group.counter("x").inc(4)
    assert told(group) == {"x": {"kind": "counter", "count": 4}}
    group.gauge("x", lambda: 2)
    assert told(group) == {"x": {"kind": "gauge", "value": 2}}


def test_a_gauge_that_raises_is_what_it_was(group):
    values = [7]
    group.gauge("g", values.pop)
    for _ in range(2):
        assert told(group) == {"g": {"kind": "gauge", "value": 7}}
