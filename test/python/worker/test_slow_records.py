"""What has been made leaves before a record that may be slow, also where only the clock tells of one: a function that keeps
Python's lock holds up the watchdog, too. Time is moved by the functions of the test.
"""

from __future__ import annotations

from typing import Any

import pytest
from slots import DrivenSlot, operator, task

#: Which records take their time, and how much: set by each test.
slow: set[int] = set()
clocks: list[Any] = []
#: Records that had left when a slow one began.
left_before: dict[int, int] = {}
batches: list[DrivenSlot] = []

many = list(range(1000))


def same(value: int) -> int:
    if value in slow:
        (driven,) = batches
        left_before[value] = sum(count for count, _size in driven.batches())
        driven.clock.ms += 60
    return value


@pytest.fixture
def driven() -> Any:
    slow.clear()
    left_before.clear()
    driven = DrivenSlot()
    batches[:] = [driven]
    chain = [
        operator("source.collection", 0, "many", module=__name__),
        operator("map", 1, "same", module=__name__),
    ]
    driven.deploy([task(0, chain, outputs=[0], local=False)], {"channelWindowBytes": 100_000})
    return driven


def test_fast_records_travel_together(driven: DrivenSlot) -> None:
    driven.run(lambda: driven.finished == 1)
    counts = [count for count, _size in driven.batches()]
    assert sum(counts) == 1000
    # The first ones go one by one; the rest in ever larger batches, few of them.
    assert counts[:128] == [1] * 128
    assert len(counts) < 128 + 20


def test_after_a_slow_record_the_next_go_one_by_one(driven: DrivenSlot) -> None:
    slow.update([600, *range(700, 1000)])
    driven.run(lambda: driven.finished == 1)
    assert sum(count for count, _size in driven.batches()) == 1000
    # Nobody answers: the first slow one surprises, before all others everything has left.
    assert [value - left_before[value] for value in range(700, 1000)] == [0] * 300
    assert 600 - left_before[600] <= 512


def test_after_many_fast_records_they_travel_together_again(driven: DrivenSlot) -> None:
    slow.add(300)
    driven.run(lambda: driven.finished == 1)
    counts = [count for count, _size in driven.batches()]
    behind = [count for i, count in enumerate(counts) if sum(counts[:i]) > 300]
    assert behind[:100] == [1] * 100
    assert max(behind) > 8
