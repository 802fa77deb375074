"""Counts of operators are of the records that their functions were called with."""

import pytest
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.errors import UserFunctionError


def same(value):
    return value


#: In the middle of a batch: the first records of a job pass one by one.
LAST = 5_000


def fails(value):
    return value // (value != LAST)


def twice(value):
    return [value, value]


@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        ((same, fails, same), [(LAST + 1, LAST + 1), (LAST + 1, LAST), (LAST, LAST)]),
        (
            (twice, fails, twice),
            [(LAST + 1, 2 * LAST + 1), (2 * LAST + 1, 2 * LAST), (2 * LAST, 4 * LAST)],
        ),
    ],
)
def test_of_a_failed_batch_what_came_until_then(functions, expected):
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    stream = env.from_collection(range(10_000))
    for function in functions:
        stream = stream.flat_map(function) if function is twice else stream.map(function)
    stream.add_sink(same)
    client = env.execute_async()
    counts = [event["operators"] for event in client.events() if event.kind == "metrics"][-1]
    assert isinstance(client.get_job_execution_result().exception(), UserFunctionError)
    source, *work, sink = [(op["in"], op["out"]) for op in counts]
    assert work == expected
    assert source == (0, LAST + 1)
    assert sink[0] == expected[-1][1]
