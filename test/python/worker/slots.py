"""A slot without a process: deployments of many tasks, driven frame by frame in this one."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from isthmus._bridge import frame as wire
from isthmus._bridge.control import decode_control, encode_control
from isthmus._program.kinds import named
from isthmus._worker import built_in
from isthmus._worker.machine.machine import Machine
from isthmus._worker.runtime.slot import Slot
from isthmus.datastream.functions import KeyedProcessFunction


class Clock:
    """Time stands still unless it is moved, so that a slice never ends by itself."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms

    def now_ns(self) -> int:
        return self.ms * 1_000_000

    def monotonic(self) -> float:
        return self.ms / 1000


def same(value: Any) -> Any:
    return value


class Echo(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        yield value


numbers = list(range(20))


class DrivenSlot:
    """A slot with what it sends."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.sent: list[tuple[int, int, int, bytes]] = []
        self.is_woken = False
        self.slot = Slot(
            transmit=lambda kind, flags, channel, count, body: self.sent.append((kind, channel, count, body)),
            machine=Machine(clock=self.clock, rng=random.Random(7)),
            watchdog=None,
            makers=built_in,
            wake=self._wake,
        )

    def _wake(self) -> None:
        self.is_woken = True

    def deploy(self, tasks: list[dict[str, Any]], settings: dict[str, Any] | None = None) -> None:
        deployment = {
            "job": "0" * 32,
            "slot": 0,
            "jobName": "job",
            "mode": "STREAMING",
            "attempt": 0,
            "settings": settings or {},
            "python": {"mainBundles": []},
            "tasks": tasks,
        }
        self.slot.handle((wire.DEPLOY, 0, 0, 0, encode_control(deployment)))
        self.slot.handle((wire.START, 0, 0, 0, b""))
        self.expect_no_failure()

    def run(self, done: Callable[[], bool] | None = None) -> int:
        """Turn until nothing is left to do; returns the number of turns."""
        turns = 0
        while True:
            turns += 1
            more = self.slot.run()
            self.expect_no_failure()
            if self.is_woken:
                self.is_woken = False
                self.slot.woken()
                more = True
            if not more and (done is None or done()):
                return turns

    def credit(self, channel: int, size: int) -> None:
        self.slot.handle((wire.CREDIT, 0, channel, 0, wire.encode_credit(size)))

    def batches(self) -> list[tuple[int, int]]:
        """Records and bytes of those sent."""
        return [(count, len(body)) for kind, _channel, count, body in self.sent if kind == wire.BATCH]

    def expect_no_failure(self) -> None:
        for kind, _channel, _count, body in self.sent:
            assert kind != wire.FAILED, decode_control(body)["message"]

    @property
    def finished(self) -> int:
        return sum(1 for task in self.slot.tasks if task.finished)


def function(name: str, module: str = __name__) -> dict[str, Any]:
    return {"language": "python", "form": "import", "module": module, "name": name}


def operator(kind: str, id: int, fn: str | None = None, module: str = __name__) -> dict[str, Any]:
    spec = {
        "id": id,
        "uid": f"{kind}-{id}",
        **named(kind),
        "name": f"{kind} {id}",
        "language": "python",
        "chaining": "always",
        "params": {},
    }
    part = "elements" if kind == "source.collection" else "function"
    return spec if fn is None else {**spec, "fns": {part: function(fn, module)}}


def task(
    id: int,
    chain: list[dict[str, Any]],
    *,
    inputs: list[int] | None = None,
    outputs: list[int] | None = None,
    local: bool = True,
    keyed: bool = False,
) -> dict[str, Any]:
    """A subtask with local channels in, and one exchange for each channel out."""
    partitioner = {"kind": "hash", "key": function("same")} if keyed else {"kind": "rebalance"}
    return {
        "task": id,
        "name": chain[0]["name"],
        "subtask": 0,
        "parallelism": 1,
        "maxParallelism": 128,
        "chain": chain,
        "keyedInputs": [keyed and bool(inputs), False],
        "inputs": [
            {"channel": c, "input": 0, "codec": "pickle", "keyed": keyed, "local": True} for c in inputs or []
        ],
        "outputs": [
            {
                "fromOperator": len(chain) - 1,
                "partitioner": partitioner,
                "channels": [{"channel": c, "receiver": 0, "codec": "pickle", "local": local}],
                "receivers": 1,
                "maxParallelism": 128,
            }
            for c in outputs or []
        ],
    }
