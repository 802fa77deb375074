"""A worker's slot in this process, driven frame by frame, as the runtime would."""

from __future__ import annotations

import os
import pickle
import random
from typing import Any

import cloudpickle
from isthmus._bridge import frame as wire
from isthmus._bridge.control import decode_control, encode_control
from isthmus._program.kinds import KINDS, named
from isthmus._worker import built_in
from isthmus._worker.machine.machine import Machine
from isthmus._worker.runtime.slot import Slot
from isthmus.testing import ManualClock

#: State that slots have sent: what one keeps, any other is given.
_kept: list[tuple[int, int, bytes]] = []
_KINDS = ("checkpoint", "savepoint", "suspend", "drain")


def op(kind: str, function: Any = None, /, **params: Any) -> dict[str, Any]:
    """An operator; ``function`` becomes a blob when it is deployed."""
    return {"kind": kind, "function": function, "params": params}


def task(
    *chain: dict[str, Any],
    inputs: tuple[int, ...] = (),
    outputs: tuple[int, ...] = (),
    subtask: int = 0,
    parallelism: int = 1,
) -> dict[str, Any]:
    return {
        "chain": chain,
        "inputs": inputs,
        "outputs": outputs,
        "subtask": subtask,
        "parallelism": parallelism,
    }


class OneSlot:
    """``restore``: by task, what ``saved`` of another gave for each old subtask."""

    def __init__(
        self,
        *tasks: dict[str, Any],
        restore: dict[int, list[Any]] | None = None,
        checkpoints: bool = False,
        waits: bool = False,
        **settings: Any,
    ) -> None:
        #: What the slot has sent, as texts, by channel: records, and elements between them.
        self.sent: dict[int, list[Any]] = {}
        #: What it says of its tasks, in order.
        self.told: list[str] = []
        #: Answers to checkpoints: (checkpoint, task) → the state, or None of one that has finished.
        self.saved: dict[tuple[int, int], Any] = {}
        self._unanswered: dict[int, int] = {}
        #: Slots of the other subtasks of a source, by number, itself among them.
        self.beside: list[OneSlot] | None = None
        self.clock = ManualClock()
        self._blobs = 0
        self.slot = Slot(
            transmit=self._take,
            machine=Machine(clock=self.clock, rng=random.Random(1)),
            watchdog=None,
            wake=self._woken,
            makers=built_in,
        )
        self._is_woken = False
        for flags, number, piece in _kept if restore else ():
            self.slot.handle((wire.STATE, flags, number, 0, piece))
        self.handle(
            wire.DEPLOY,
            {
                "job": "0" * 32,
                "jobName": "test",
                "slot": 0,
                "mode": "STREAMING",
                "attempt": 0,
                "settings": settings,
                "python": {"cwd": os.getcwd(), "mainBundles": []},
                "tasks": [self._deployed(i, each) for i, each in enumerate(tasks)],
                "restore": {str(task): states for task, states in (restore or {}).items()},
                "checkpoints": checkpoints,
            },
        )
        if not waits:
            self.start()

    def start(self) -> None:
        self.handle(wire.START)

    def _deployed(self, number: int, given: dict[str, Any]) -> dict[str, Any]:
        chain = []
        for i, each in enumerate(given["chain"]):
            spec = {
                "id": 10 * number + i,
                "name": each["kind"],
                **named(each["kind"]),
                "language": "python",
                "chaining": "always",
                "params": each["params"],
            }
            if each["function"] is not None:
                blob = self._blobs = self._blobs + 1
                self.slot.handle((wire.BLOB, 1, blob, 0, cloudpickle.dumps(each["function"])))
                part = next(iter(KINDS[each["kind"]].functions))
                spec["fns"] = {part: {"language": "python", "form": "pickle", "blob": blob, "name": "f"}}
            chain.append(spec)
        return {
            "task": number,
            "name": f"task-{number}",
            "subtask": given["subtask"],
            "parallelism": given["parallelism"],
            "maxParallelism": 128,
            "chain": chain,
            "keyedInputs": [False, False],
            "inputs": [
                {"channel": c, "input": 0, "codec": "pickle", "keyed": False, "local": False}
                for c in given["inputs"]
            ],
            "outputs": [
                {
                    "fromOperator": len(chain) - 1,
                    "partitioner": {"kind": "forward"},
                    "channels": [{"channel": c, "receiver": 0, "codec": "pickle", "local": False}],
                    "receivers": 1,
                    "maxParallelism": 128,
                }
                for c in given["outputs"]
            ],
        }

    # In.

    def handle(self, kind: int, body: Any = b"", channel: int = 0) -> None:
        data = encode_control(body) if isinstance(body, dict) else body
        self.slot.handle((kind, 0, channel, 0, data))

    def feed(self, channel: int, *records: Any) -> None:
        self.slot.handle((wire.BATCH, 0, channel, len(records), pickle.dumps(list(records))))

    def watermark(self, channel: int, time: int) -> None:
        self.handle(wire.WATERMARK, wire.encode_watermark(time), channel)

    def barrier(self, channel: int, checkpoint: int, kind: str = "checkpoint") -> None:
        self.handle(wire.BARRIER, wire.encode_barrier(checkpoint, 0, _KINDS.index(kind)), channel)

    def end(self, channel: int) -> None:
        self.watermark(channel, 2**63 - 1)
        self.handle(wire.END, b"", channel)

    def trigger(self, checkpoint: int, *tasks: int, kind: str = "checkpoint") -> None:
        body = {"checkpoint": checkpoint, "timestamp": 0, "kind": _KINDS.index(kind), "tasks": list(tasks)}
        self.handle(wire.TRIGGER_CHECKPOINT, body)

    def complete(self, checkpoint: int) -> None:
        self.handle(wire.CHECKPOINT_COMPLETE, {"checkpoint": checkpoint})

    def abort(self, checkpoint: int) -> None:
        self.handle(wire.CHECKPOINT_ABORTED, {"checkpoint": checkpoint})

    def credit(self, channel: int) -> None:
        """All that was sent has been taken."""
        owed, self._unanswered[channel] = self._unanswered.get(channel, 0), 0
        self.handle(wire.CREDIT, wire.encode_credit(owed), channel)

    def close(self) -> None:
        self.handle(wire.RELEASE)

    def __enter__(self) -> OneSlot:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def run(self) -> None:
        """Until there is nothing to do."""
        while self.slot.run():
            pass

    def turn(self) -> None:
        """A little."""
        self.slot.run()

    def run_all(self, *channels: int) -> None:
        """Until there is nothing to do, with credit for all that is sent."""
        while True:
            self.run()
            if not any(self._unanswered.get(channel) for channel in channels):
                return
            for channel in channels:
                self.credit(channel)

    # Out.

    def records(self, channel: int) -> list[Any]:
        return [r for r in self.sent.get(channel, []) if not isinstance(r, Mark)]

    def marks(self, channel: int) -> list[str]:
        """Elements that are no records."""
        return [str(r) for r in self.sent.get(channel, []) if isinstance(r, Mark)]

    def _take(self, kind: int, flags: int, channel: int, count: int, body: bytes) -> None:
        sent = self.sent.setdefault(channel, [])
        if kind == wire.BATCH:
            self._unanswered[channel] = self._unanswered.get(channel, 0) + len(body)
            sent += pickle.loads(body[8 * count if flags & 1 else 0 :])
        elif kind == wire.WATERMARK:
            time = wire.decode_watermark(body)
            sent.append(Mark("final" if time == 2**63 - 1 else f"w{time}"))
        elif kind == wire.BARRIER:
            checkpoint, _, of = wire.decode_barrier(body)
            sent.append(Mark(f"{_KINDS[of]} {checkpoint}"))
        elif kind == wire.END:
            sent.append(Mark("end"))
        elif kind == wire.STATE:
            _kept.append((flags, channel, bytes(body)))
        elif kind == wire.SNAPSHOT:
            answer = decode_control(body)
            self.told.append(
                f"saved {answer['checkpoint']}"
                if "state" in answer
                else f"finished at {answer['checkpoint']}"
            )
            self.saved[answer["checkpoint"], answer["task"]] = answer.get("state")
        elif kind == wire.SPLITS:
            if self.beside is not None:
                # As the runtime does: to the slot of the subtask that its channel says.
                self.beside[channel].slot.handle((kind, flags, 0, 0, body))
        elif kind == wire.TASK_DRAINED:
            self.told.append(f"drained {decode_control(body)['task']}")
        elif kind == wire.TASK_FINISHED:
            self.told.append(f"closed {decode_control(body)['task']}")
        elif kind == wire.FAILED:
            raise AssertionError(decode_control(body))

    def _woken(self) -> None:
        self._is_woken = True

    def wait_for(self, done: Any) -> None:
        """Turn until something off the loop has come about."""
        while not done():
            if self._is_woken:
                self._is_woken = False
                self.slot.woken()
            self.run()


def side_by_side(count: int, make: Any) -> list[OneSlot]:
    """The subtasks of a job with such a source: ``make(subtask)`` gives each a slot that waits."""
    slots = [make(subtask) for subtask in range(count)]
    for slot in slots:
        slot.beside = slots
    for slot in slots:
        slot.start()
    return slots


def run_side_by_side(slots: list[OneSlot], *channels: int) -> None:
    """Until none of them has anything to do."""
    before = None
    while before != (
        before := [len(slot.sent[channel]) for slot in slots for channel in channels if channel in slot.sent]
    ):
        for slot in slots:
            slot.run_all(*channels)


class Mark(str):
    __slots__ = ()
