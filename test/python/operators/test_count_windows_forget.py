"""Count windows keep nothing of keys without an open window."""

from __future__ import annotations

import pytest
from isthmus._worker.operators.windowing import counted
from isthmus.testing import OneInputHarness


def sums(size, *slide):
    return lambda stream: (
        stream.key_by(lambda value: value[0])
        .count_window(size, *slide)
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
    )


@pytest.mark.parametrize("size, slide", [(1, None), (3, None), (2, 3), (2, 5), (3, 3)])
def test_keys_whose_windows_are_full_are_forgotten(size, slide):
    shape = (size,) if slide is None else (size, slide)
    step = slide or size
    with OneInputHarness.open_stream(sums(*shape)) as harness:
        for key in range(50):
            harness.process(*[(key, 1)] * step)
        assert harness.take() == [(key, size) for key in range(50)]
        kept = harness.snapshot()
        assert kept.entries("counts") == kept.entries("panes") == []
        assert {chunk.table for chunk in kept.chunks} <= {"counts of closed keys"}
        # They go on as any other key does.
        harness.process(*[(7, 2)] * step)
        assert harness.take() == [(7, 2 * size)]


@pytest.mark.parametrize("size, slide", [(3, None), (2, 5), (4, 2)])
def test_keys_with_records_in_a_window_are_not(size, slide):
    shape = (size,) if slide is None else (size, slide)
    with OneInputHarness.open_stream(sums(*shape)) as harness:
        harness.process(("a", 1))
        kept = harness.snapshot()
        harness.process(*[("a", 1)] * (size - 1))
        assert harness.take() == [("a", size)]
    assert kept is not None


def test_windows_count_on_for_keys_left_lately_and_memory_of_the_others_ends(monkeypatch):
    monkeypatch.setattr(counted, "REMEMBERED", 10)

    def ids(stream):
        return stream.key_by(lambda value: value).count_window(1).apply(lambda k, w, _: [(k, w.id)])

    with OneInputHarness.open_stream(ids) as harness:
        harness.process("a", "a")
        assert harness.take() == [("a", 0), ("a", 1)]
        harness.process(*map(str, range(9)), "a")
        assert harness.take()[-1] == ("a", 2)
        harness.process(*map(str, range(100)), "a")
        assert harness.take()[-1] == ("a", 0)
