"""Mirrors isthmus/_worker/isolate.py."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest
from isthmus._worker.isolate import isolated_record
from isthmus.common import Row


@dataclass
class Order:
    user: str
    items: list = field(default_factory=list)


@dataclass(slots=True)
class Slotted:
    n: int


@pytest.mark.parametrize(
    "record",
    [
        {"n": 1},
        {"n": [1]},
        [1, "x"],
        [[1]],
        {1, 2},
        bytearray(b"x"),
        (1, [2]),
        Row(1, 2),
        Row(a=1),
        Order("ann"),
        Order("ann", [1]),
        Slotted(1),
    ],
    ids=repr,
)
def test_a_record_that_can_be_changed_is_copied(record):
    copied = isolated_record(record)
    assert copied == record
    assert type(copied) is type(record)
    assert copied is not record


def test_what_is_in_a_copy_is_a_copy():
    order = Order("ann", [1])
    copied = isolated_record(order)
    order.items.append(2)
    assert copied.items == [1]


@pytest.mark.parametrize("record", [1, "x", None, 1.5, (1, "x"), (1, (2, 3)), threading.Lock()], ids=str)
def test_others_are_handed_on(record):
    assert isolated_record(record) is record
