"""Deals the splits of a source out over its subtasks; it is in the first of them. Twin of ``src/runtime/split-dealer.ts``.

D1. A split that is found is given to exactly one subtask: to the one it is for, else to one that asks. Of what the first
    look finds the first are for the subtasks in turn, so that none of them begins with nothing because another was quick.
D2. A split is known for good by its id, and found once.
D3. What is given out is remembered until a checkpoint that began later is complete: then its reader's part has it.
D4. When there is nothing left, and nothing to come, all subtasks are told, once. So nobody asks one that has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._interfaces.source import SplitEnumerator
from ..machine.clock import Clock
from .split_checks import SplitChecks
from .splits import Waiting


class SplitDealer:
    """
    Args:
        send: To a subtask: ``deal`` with ``splits`` of id, what their source knows them by and offset; or ``none``.
    """

    def __init__(
        self,
        enumerator: SplitEnumerator,
        checks: SplitChecks,
        parallelism: int,
        clock: Clock,
        send: Callable[[int, dict[str, Any]], None],
    ) -> None:
        self._enumerator = enumerator
        self._checks = checks
        self._parallelism = parallelism
        self._clock = clock
        self._send = send
        self._known: set[str] = set()
        self._waiting: list[Waiting] = []
        #: D3
        self._given: list[Waiting] = []
        self._given_before: dict[int, int] = {}
        self._asking: list[int] = []
        self._has_told = self._is_stopped = False
        #: When it is to look again (monotonic seconds).
        self.next_look: float | None = None

    def open(self, saved: dict[str, Any] | None) -> None:
        """Find what there is, or take over what was saved; nothing is given out before ``start``."""
        if saved is not None:
            self._known = set(saved["known"])
            self._waiting = [list(split) for split in saved["waiting"]]
            if self._enumerator.discover_ms is not None:
                self._discover(False)
            return
        self._discover(True)
        for turn, split in enumerate(self._waiting[: self._parallelism]):
            if split[3] is None:
                split[3] = turn  # D1

    def start(self) -> None:
        self._deal()
        self._look_later()

    def ask(self, subtask: int) -> None:
        self._asking.append(subtask)
        self._deal()

    def look(self) -> None:
        """Look for more, if it is time to."""
        if self.next_look is not None and self._clock.monotonic() >= self.next_look:
            self.next_look = None
            self._discover(False)
            self._deal()
            self._look_later()

    def _look_later(self) -> None:
        every = self._enumerator.discover_ms
        if every is not None and not self._is_stopped:
            self.next_look = self._clock.monotonic() + every / 1000

    def _discover(self, is_first: bool) -> None:
        for found in self._checks.found(self._enumerator.discover(is_first)):
            if found.id in self._known:
                continue  # D2
            self._known.add(found.id)
            to = None if found.subtask is None else found.subtask % self._parallelism
            self._waiting.append([found.id, found.of, found.offset, to])

    def _deal(self) -> None:
        if self._is_stopped:
            return
        still: list[Waiting] = []
        for split in self._waiting:
            id, of, offset, subtask = split
            if subtask is None and not self._asking:
                still.append(split)
                continue
            to = self._asking.pop(0) if subtask is None else subtask % self._parallelism
            self._given.append(split)
            self._send(to, {"kind": "deal", "splits": [[id, of, offset]]})
        self._waiting = still
        if still or self._has_told or self._enumerator.discover_ms is not None:
            return
        self._has_told = True  # D4
        for subtask in range(self._parallelism):
            self._send(subtask, {"kind": "none"})

    def snapshot(self) -> dict[str, Any]:
        return {
            "waiting": [list(split) for split in self._waiting],
            "given": [list(split) for split in self._given],
            "known": [] if self._enumerator.discover_ms is None else sorted(self._known),
            "state": self._enumerator.snapshot(),
        }

    def saved(self, checkpoint: int) -> None:
        """What has been given out by now is in a checkpoint that begins later."""
        self._given_before[checkpoint] = len(self._given)

    def checkpoint_complete(self, checkpoint: int) -> None:
        """D3"""
        count = self._given_before.get(checkpoint, 0)
        del self._given[:count]
        self._given_before = {
            other: before - count for other, before in self._given_before.items() if other > checkpoint
        }

    def stop(self) -> None:
        """Nothing more is looked for or given out."""
        self._is_stopped = True
        self.next_look = None

    def close(self) -> None:
        self.stop()
        self._enumerator.close()
