"""Sources over restarts at another parallelism: every record once, wherever the barriers fall."""

from __future__ import annotations

import gzip
import random
from typing import Any

import pytest
from isthmus.common import Row
from isthmus.connectors import Batch, Source, SourceReader, Split, SplitEnumerator
from one_slot import OneSlot, op, run_side_by_side, side_by_side, task
from seed import SEED

OUT = 9
LITTLE = {"channelWindowBytes": 1}


def number_of(value: Any) -> int:
    return int(value.n if isinstance(value, Row) else value)


def files(folder: Any, write: Any, suffix: str) -> tuple[list[str], list[int]]:
    """Five files of 900 to 1,700 numbers."""
    paths, numbers = [], []
    for i in range(5):
        own = list(range(10_000 * i, 10_000 * i + 900 + 200 * i))
        path = folder / f"{i}{suffix}"
        write(path, own)
        paths.append(str(path))
        numbers += own
    return paths, numbers


def written(path: Any, numbers: list[int]) -> None:
    path.write_text("".join(f"{n}\n" for n in numbers))


def compressed(path: Any, numbers: list[int]) -> None:
    path.write_bytes(gzip.compress("".join(f"{n}\n" for n in numbers).encode()))


def blank_lines(path: Any, numbers: list[int]) -> None:
    path.write_text("".join(f"{n}\n\n" for n in numbers))


def of_many_blocks(path: Any, numbers: list[int]) -> None:
    path.write_text("".join(f"{n:0200d}\n" for n in numbers))


def quoted(path: Any, numbers: list[int]) -> None:
    path.write_text("".join(f'{n},"line\nbreak"\n' for n in numbers))


def source(kind: str, folder: Any) -> tuple[dict[str, Any], list[int]]:
    if kind == "sequence":
        return op("source.sequence", **{"from": 1, "to": 9_000}), list(range(1, 9_001))
    if kind == "collection":
        numbers = list(range(3_000))
        return op("source.collection", numbers), numbers
    if kind == "csv":
        paths, numbers = files(folder, quoted, ".csv")
        types = [{"kind": "INT"}, {"kind": "STRING"}]
        return op("source.csv", paths=paths, rowFormat={"names": ["n", "text"], "types": types}), numbers
    if kind == "a folder":
        _, numbers = files(folder, written, ".txt")
        return op("source.lines", paths=[str(folder)]), numbers
    if kind == "one file twice":
        paths, numbers = files(folder, written, ".txt")
        return op("source.lines", paths=paths[:1] * 2 + paths[1:]), numbers[:900] + numbers
    write, suffix = {
        "lines": (written, ".txt"),
        "blocks": (of_many_blocks, ".txt"),
        "gzip": (compressed, ".txt.gz"),
        "json": (blank_lines, ".jsonl"),
    }[kind]
    paths, numbers = files(folder, write, suffix)
    return op("source.lines", paths=paths, jsonLines=kind == "json"), numbers


PARALLELISMS = [(1, 1), (1, 3, 2), (2, 1, 3), (3, 2, 2, 1)]
SPLIT = ["sequence", "lines", "blocks", "gzip", "json", "csv", "a folder", "one file twice"]


@pytest.mark.parametrize(
    ("kind", "parallelisms"),
    [
        *((kind, parallelisms) for kind in SPLIT for parallelisms in PARALLELISMS),
        # A collection is read by one subtask, be there more later.
        ("collection", (1, 1)),
        ("collection", (1, 3, 2)),
    ],
    ids=str,
)
def test_every_record_once(kind: str, parallelisms: tuple[int, ...], tmp_path: Any) -> None:
    spec, numbers = source(kind, tmp_path)
    rng = random.Random(f"{SEED}{kind}{parallelisms}")
    got: list[int] = []
    states: list[Any] = []
    for turn, parallelism in enumerate(parallelisms):

        def make(subtask: int) -> OneSlot:
            return OneSlot(
                task(spec, op("map", number_of), outputs=(OUT,), subtask=subtask, parallelism=parallelism),  # noqa: B023
                restore={0: states} if states else None,  # noqa: B023
                checkpoints=True,
                waits=True,
                **LITTLE,
            )

        slots = side_by_side(parallelism, make)
        if turn < len(parallelisms) - 1:
            enough = [rng.randrange(len(numbers) // parallelism) for _ in slots]
            while any(
                len(slot.records(OUT)) < least and "end" not in slot.marks(OUT)
                for slot, least in zip(slots, enough)
            ):
                before = [len(slot.sent.get(OUT, ())) for slot in slots]
                for slot in slots:
                    slot.turn()
                    slot.credit(OUT)
                if before == [len(slot.sent.get(OUT, ())) for slot in slots]:
                    break
            for slot in slots:
                slot.trigger(1, 0, kind="suspend")
        run_side_by_side(slots, OUT)
        for slot in slots:
            got += slot.records(OUT)
            if turn < len(parallelisms) - 1:
                state = slot.saved[1, 0]
                assert state is not None
            slot.close()
        states = [slot.saved.get((1, 0)) for slot in slots]
    assert sorted(got) == sorted(numbers)


def test_a_watched_folder_goes_on_with_new_files_only(tmp_path: Any) -> None:
    def running(restore: list[Any] | None, parallelism: int) -> list[OneSlot]:
        spec = op("source.lines", paths=[str(tmp_path)], monitorMs=10)
        return side_by_side(
            parallelism,
            lambda subtask: OneSlot(
                task(spec, op("map", int), outputs=(OUT,), subtask=subtask, parallelism=parallelism),
                restore={0: restore} if restore else None,
                waits=True,
            ),
        )

    for name in "abc":
        (tmp_path / name).write_text(f"{ord(name)}\n" * 3)
    (first,) = running(None, 1)
    first.run_all(OUT)
    (tmp_path / "d").write_text(f"{ord('d')}\n")
    first.trigger(1, 0, kind="suspend")
    first.run_all(OUT)
    got = first.records(OUT)
    assert len(got) == 9
    again = running([first.saved[1, 0]], 2)
    run_side_by_side(again, OUT)
    (tmp_path / "e").write_text(f"{ord('e')}\n")
    for slot in again:
        slot.clock.set(slot.clock.now_ms() + 11)
    run_side_by_side(again, OUT)
    for slot in again:
        got += slot.records(OUT)
        slot.close()
    first.close()
    assert sorted(got) == sorted(map(ord, "abc" * 3 + "de"))


def test_a_restored_source_that_has_read_all_begins_nothing_anew() -> None:
    chain = (op("source.sequence", **{"from": 1, "to": 10}),)
    first = OneSlot(task(*chain, outputs=(OUT,)), checkpoints=True)
    first.run()
    first.trigger(1, 0)
    first.run()
    again = OneSlot(task(*chain, outputs=(OUT,)), restore={0: [first.saved[1, 0]]})
    again.run()
    assert again.sent[OUT] == ["final", "end"]


@pytest.mark.parametrize("kind", ["process", "source", "source.lines"])
def test_a_slot_does_not_take_the_state_of_another_kind(kind: str) -> None:
    chain = (op("source.sequence", **{"from": 1, "to": 10}),)
    first = OneSlot(task(*chain, outputs=(OUT,)), checkpoints=True)
    first.trigger(1, 0)
    first.run()
    saved = first.saved[1, 0]
    other = {**saved, "operators": [{**each, "kind": kind} for each in saved["operators"]]}
    refused = rf"was kept by the kind {kind}; here that uid is operator \"source.sequence\" of the kind source\.sequence\."
    with pytest.raises(AssertionError, match=refused):
        OneSlot(task(*chain, outputs=(OUT,)), restore={0: [other]}, waits=True)


class TwoSplits(Source):
    """Records of a, its end, and one of b, which ends not."""

    bounded = False

    def enumerator(self, context: Any, saved: Any = None) -> Any:
        return BothToOne()

    def reader(self, context: Any) -> Any:
        return OneAfterTheOther()


class BothToOne(SplitEnumerator):
    def discover(self, is_first: bool) -> list[Split]:
        return [Split("a", None, subtask=0), Split("b", None, subtask=0)]


class OneAfterTheOther(SourceReader):
    def __init__(self) -> None:
        self.batches = [
            Batch([100, 200], "a", timestamps=[100, 200]),
            Batch([], "a", ends=True),
            Batch([10], "b", timestamps=[10]),
        ]

    def add(self, split: Split) -> None:
        pass

    def next(self) -> Batch | None:
        return self.batches.pop(0) if self.batches else None


def test_a_subtask_tells_its_generators_of_the_splits_of_its_source() -> None:
    stamped = op("timestamps", generator="monotonous", perSplit=True)
    with OneSlot(task(op("source", TwoSplits()), stamped, outputs=(OUT,))) as slot:
        slot.wait_for(lambda: len(slot.records(OUT)) == 3)
        for now in (200, 400, 600):
            slot.clock.set(now)
            slot.run_all(OUT)
        assert slot.marks(OUT) == ["w9"]
