"""All simulated workers, in one process: one message in, what it causes out. Started by ``lock-step.ts``.

A message says which worker it is for, the time, and the frames that have arrived. The worker takes them and has one turn of
its loop; the answer says what it sent, whether it has more to do, when it wants to be called again, and how long it took.
Time and randomness come from the message and the seed, files are those of the simulation; the worker has nothing else.
"""

from __future__ import annotations

import os
import random
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec
from isthmus._worker import built_in
from isthmus._worker.machine.machine import Machine
from isthmus._worker.machine.processes import Fate
from isthmus._worker.runtime.slot import Slot
from remote_files import RemoteFiles

_LENGTH = struct.Struct("<I")


class SimulatedClock:
    """Goes on by a little whenever somebody asks how late it is; now and then by more than a slice of work."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.ms = 0.0

    def now_ms(self) -> int:
        return int(self.ms)

    def now_ns(self) -> int:
        return int(self.ms) * 1_000_000

    def monotonic(self) -> float:
        self.ms += 4 * self._rng.random() ** 8
        return self.ms / 1000


class SimulatedProcesses:
    def __init__(self, own: str, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._own, self._ask = own, ask

    def own(self) -> str:
        return self._own

    def fate_of(self, id: str) -> Fate | None:
        return self._ask({"handle": None, "method": "fateOf", "args": [id]}).get("result")


class SimulatedWorker:
    def __init__(self, seed: str, own: str, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        rng = random.Random(seed)
        self.files = RemoteFiles(ask)
        self.clock = SimulatedClock(rng)
        self._sent: list[tuple[int, int, int, int, bytes]] = []
        self._is_woken = False
        self._slot = Slot(
            transmit=self._transmit,
            machine=Machine(
                clock=self.clock, files=self.files, processes=SimulatedProcesses(own, ask), rng=rng
            ),
            watchdog=None,
            makers=built_in,
            wake=self._wake,
            program_output=lambda text, stderr: None,
        )

    def turn(self, now_ms: float, frames: list[Any]) -> dict[str, Any]:
        began = self.clock.ms = max(self.clock.ms, now_ms)
        for kind, flags, channel, count, body in frames:
            self._slot.handle((kind, flags, channel, count, body))
        more = self._slot.run()
        if self._is_woken:
            self._is_woken = False
            self._slot.woken()
            more = True
        sent, self._sent = self._sent, []
        wait = self._slot.wait_s()
        return {
            "frames": sent,
            "more": more,
            "waitMs": None if wait is None else wait * 1000,
            "tookMs": self.clock.ms - began,
        }

    def _transmit(self, kind: int, flags: int, channel: int, count: int, body: Any) -> None:
        self._sent.append((kind, flags, channel, count, bytes(body)))

    def _wake(self) -> None:
        self._is_woken = True


class LockStep:
    """The other end of the pipe."""

    def __init__(self, messages: BinaryIO, answers: BinaryIO) -> None:
        self._messages, self._answers = messages, answers
        self._workers: dict[str, SimulatedWorker] = {}
        self._files = RemoteFiles(self._ask)

    def serve(self) -> None:
        while (message := self._receive()) is not None:
            self._send(self._answer(message))

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        if "contract" in message:
            return {"failed": failures(self._files)}
        name, workers = message["worker"], self._workers
        if message["end"]:
            if name in workers:
                workers.pop(name).files.are_lost()
            return {}
        if name not in workers:
            workers[name] = SimulatedWorker(name, message["own"], self._ask)
        return workers[name].turn(message["now"], message["frames"])

    def _ask(self, ask: dict[str, Any]) -> dict[str, Any]:
        self._send({"ask": ask})
        answer = self._receive()
        assert answer is not None
        return answer

    def _receive(self) -> dict[str, Any] | None:
        header = self._messages.read(_LENGTH.size)
        return msgspec.msgpack.decode(self._messages.read(*_LENGTH.unpack(header))) if header else None

    def _send(self, message: dict[str, Any]) -> None:
        data = msgspec.msgpack.encode(message)
        self._answers.write(_LENGTH.pack(len(data)) + data)
        self._answers.flush()


def failures(files: RemoteFiles) -> list[str]:
    """The tests that all files pass and these do not."""
    sys.path.append(os.path.join(os.path.dirname(__file__), "../python/worker/machine"))
    import files_contract

    failed = []
    for name, check in vars(files_contract).items():
        if name.startswith("test_"):
            try:
                check(files, files.make_temporary_folder("contract-", "/d"))
            except Exception as e:
                failed.append(f"{name}: {e!r}")
    return failed


if __name__ == "__main__":
    pipes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # What functions print lands between no messages.
    sys.stdout = sys.stderr
    LockStep(*pipes).serve()
