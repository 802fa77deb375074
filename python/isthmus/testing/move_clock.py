from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .clock import ManualClock

if TYPE_CHECKING:
    from .harness import OneInputHarness


def move_clock(clock: ManualClock, operators: Sequence[OneInputHarness], now_ms: int) -> None:
    """Move a clock; what operators wait for happens at its time. Of those one behind the other, the first comes first."""
    while True:
        wanted = [operator.due_at for operator in operators]
        due = min((time for time in wanted if time is not None), default=None)
        if due is None or due > now_ms:
            break
        clock.set(max(due, clock.now_ms()))
        for operator in operators:
            operator._fire()
    clock.set(now_ms)
    for operator in operators:
        operator._fire()
