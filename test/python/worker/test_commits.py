"""Commits of a task in a slot: when they come, and what waits for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from isthmus.connectors import Committer, Prepared, Sink, SinkWriter
from one_slot import OneSlot, op, task

IN = 1


class ToFile(Sink[str]):
    """Commits to a file, unless another one is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def writer(self, context: Any, restored: Any) -> SinkWriter[str]:
        return _Writer(self.folder)

    def committer(self, context: Any) -> Committer:
        return _Committer(self.folder)

    def seen(self) -> list[str]:
        path = self.folder / "seen"
        return path.read_text().split() if path.exists() else []


class _Writer(SinkWriter[str]):
    def __init__(self, folder: Path) -> None:
        self.folder, self.rows = folder, []

    def write(self, value: str) -> None:
        self.rows.append(value)
        (self.folder / "written").touch()

    def prepare(self, checkpoint: int, sealed: bool) -> Prepared:
        rows, self.rows = self.rows, []
        return Prepared(rows)


class _Committer(Committer):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def commit(self, committables: Any) -> None:
        if (self.folder / "down").exists():
            raise ConnectionError("down")
        with open(self.folder / "seen", "a") as file:
            file.writelines(f"{each.value}\n" for each in committables)


def slot_of(sink: Sink[str], **options: Any) -> OneSlot:
    return OneSlot(task(op("sink", sink), inputs=(IN,)), checkpoints=True, **options)


def test_a_commit_that_fails_is_tried_again_and_the_task_closes_behind_it(tmp_path):
    sink, down = ToFile(tmp_path), tmp_path / "down"
    slot = slot_of(sink)
    slot.feed(IN, "a")
    slot.end(IN)
    slot.run()
    slot.trigger(1, 0)
    slot.run()
    down.touch()
    slot.complete(1)
    slot.run()
    assert (sink.seen(), slot.told) == ([], ["drained 0", "saved 1"])
    down.unlink()
    slot.clock.set(slot.clock.now_ms() + 60_000)
    slot.run()
    assert (sink.seen(), slot.told) == (["a"], ["drained 0", "saved 1", "closed 0"])


def test_nothing_is_written_before_what_was_restored_is_committed(tmp_path):
    sink, down, written = ToFile(tmp_path), tmp_path / "down", tmp_path / "written"
    first = slot_of(sink)
    first.feed(IN, "a")
    first.barrier(IN, 1)
    first.run()
    saved = first.saved[1, 0]
    assert saved is not None
    first.close()
    written.unlink()
    down.touch()
    slot = slot_of(sink, restore={0: [saved]})
    slot.feed(IN, "b")
    slot.run()
    assert (sink.seen(), written.exists()) == ([], False)
    down.unlink()
    slot.clock.set(slot.clock.now_ms() + 60_000)
    slot.run()
    assert (sink.seen(), written.exists()) == (["a"], True)
    slot.close()
