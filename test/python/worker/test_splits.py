"""Splits at a restart; ``test/runtime/splits.test.ts`` is the twin."""

from __future__ import annotations

from typing import Any

from isthmus._worker.runtime.splits import Splits


def waiting(*ids: str) -> list[Any]:
    return [[id, id, 0, None] for id in ids]


def test_a_split_that_was_given_out_and_that_nobody_has_is_given_out_again() -> None:
    dealer = {
        "given": waiting("read", "ended", "lost"),
        "waiting": waiting("waiting"),
        "known": [],
        "state": None,
    }
    states: list[Any] = [
        {"going": [], "ended": ["ended"], "dealer": dealer},
        {"going": [["read", "read", 0, 3]], "ended": []},
    ]
    restored = Splits(0, 2).restore(states)
    assert [split[0] for split in restored["waiting"]] == ["lost", "waiting"]
