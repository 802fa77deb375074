"""What windows are told and cannot do: refused by the call, with a sentence that names the value."""

from __future__ import annotations

import pytest
from isthmus.common import Time
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.datastream.window import TumblingEventTimeWindows

REFUSED = [
    ("apply", None, "window_function should be a {all}WindowFunction; it is None"),
    ("apply", 3, "window_function should be a {all}WindowFunction; it is 3"),
    ("process", None, "window_function should be a Process{all}WindowFunction; it is None"),
    ("trigger", "count", "trigger must be a Trigger, such as CountTrigger.of(3); it was given 'count'"),
    ("side_output_late_data", "late", "tag of late records must be a OutputTag"),
]


@pytest.mark.parametrize(("method", "value", "told"), REFUSED, ids=str)
@pytest.mark.parametrize("of_all", [False, True])
def test_what_cannot_be_done_is_refused(method, value, told, of_all):
    numbers = StreamExecutionEnvironment.get_execution_environment().from_collection([1, 2])
    minutes = TumblingEventTimeWindows.of(Time.minutes(1))
    windows = numbers.window_all(minutes) if of_all else numbers.key_by(lambda n: n).window(minutes)
    with pytest.raises(TypeError) as raised:
        getattr(windows, method)(value)
    assert told.format(all="All" if of_all else "") in str(raised.value)
