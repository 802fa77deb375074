"""Every built-in source, held to the contract that sources of anybody are held to."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from isthmus._program.kinds import named
from isthmus._settings.resolve import settings_of
from isthmus._worker.built_in import make_source
from isthmus.common import Row
from isthmus.connectors import Batch, Listed, Source, SourceReader, Split, SplitEnumerator
from isthmus.errors import GraphError
from isthmus.testing import SourceHarness, check_source


def opens(
    name: str, params: dict[str, Any] | None = None, loaded: Any = None
) -> Callable[[Any], Source[Any]]:
    """The source of an operator as its host makes it."""
    spec = {**named(name), "name": "source"}
    make = make_source(spec)

    def open_source(ctx: Any) -> Source[Any]:
        known = {
            **vars(ctx),
            "params": params or {},
            "settings": settings_of({}),
            "load": lambda part: loaded,
        }
        return make(SimpleNamespace(**known))  # type: ignore[arg-type]

    return open_source


IN_FILES = [f"{10_000 * file + n}" for file in range(5) for n in range(40 + 30 * file)]


def in_files(folder: Any, suffix: str, write: Callable[[str], bytes]) -> list[str]:
    for file in range(5):
        own = [line for line in IN_FILES if int(line) // 10_000 == file]
        (folder / f"{file}{suffix}").write_bytes(write("".join(f"{line}\n" for line in own)))
    return [str(folder)]


ONE_COLUMN = {"names": ["n"], "types": [{"kind": "INT"}]}

SOURCES: dict[str, Callable[[Any], tuple[Any, list[Any]]]] = {
    "sequence": lambda _: (opens("source.sequence", {"from": 1, "to": 9_000}), list(range(1, 9_001))),
    "no records": lambda _: (opens("source.collection", loaded=[]), []),
    "lines": lambda at: (opens("source.lines", {"paths": in_files(at, ".txt", str.encode)}), IN_FILES),
    "one file twice": lambda at: (
        opens("source.lines", {"paths": [*in_files(at, ".txt", str.encode), f"{at}/0.txt"]}),
        [*IN_FILES, *IN_FILES[:40]],
    ),
    "gzip": lambda at: (
        opens("source.lines", {"paths": in_files(at, ".txt.gz", lambda text: gzip.compress(text.encode()))}),
        IN_FILES,
    ),
    "json": lambda at: (
        opens(
            "source.lines",
            {
                "paths": in_files(at, ".jsonl", lambda text: text.replace("\n", "\n\n").encode()),
                "jsonLines": True,
            },
        ),
        [int(line) for line in IN_FILES],
    ),
    "csv": lambda at: (
        opens("source.csv", {"paths": in_files(at, ".csv", str.encode), "rowFormat": ONE_COLUMN}),
        [Row(n=int(line)) for line in IN_FILES],
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_contract_of_sources(name: str, tmp_path: Any) -> None:
    source, records = SOURCES[name](tmp_path)
    check_source(source, records, cuts=12)


def test_a_collection_goes_on_at_any_parallelism() -> None:
    source = opens("source.collection", loaded=list(range(3_000)))
    check_source(source, list(range(3_000)), cuts=6)


class _Numbers(Source[int]):
    """Two splits of 20 numbers; broken as ``wrong`` says."""

    def __init__(self, wrong: str = "") -> None:
        self.wrong = wrong
        self.bounded = wrong != "it cannot be stopped"
        self.one = _NumbersReader(wrong)

    def enumerator(self, context: Any, saved: Any = None) -> Listed:
        wrong = self.wrong
        found = _Found(
            Split(
                "same" if wrong == "two splits have one id" else str(of),
                SimpleNamespace(of=of) if wrong == "a split is no plain data" else of,
                subtask=of // 20,
            )
            for of in (0, 20)
        )
        found.state = {1} if wrong == "the state of the enumerator is no plain data" else None
        return found

    def reader(self, context: Any) -> SourceReader[int]:
        return self.one if self.wrong == "all subtasks share a reader" else _NumbersReader(self.wrong)


class _Found(Listed):
    state: Any = None

    def snapshot(self) -> Any:
        return self.state


class _NumbersReader(SourceReader[int]):
    def __init__(self, wrong: str) -> None:
        self.wrong = wrong
        self.splits: list[list[Any]] = []
        if wrong == "it cannot be stopped":
            self.finish = lambda: None

    def add(self, split: Split) -> None:
        at = 0 if self.wrong == "where a split is to begin is not heeded" else split.offset
        if self.wrong == "a split takes the place of another":
            self.splits.clear()
        self.splits.append([split.id, split.of, at])

    def next(self) -> Any:
        wrong = self.wrong
        if wrong == "it waits in the loop":
            time.sleep(1.01)
        if not self.splits or wrong == "is silent":
            return None
        id, of, begin = split = self.splits[0]
        end = split[2] = min(20, begin + 5)
        values = [of + n for n in range(begin, end)]
        last = 15 if wrong == "a split ends before its last records" else 20
        ends = end == last and wrong not in ("nothing says that a split ends", "it cannot be stopped")
        if end == last:
            self.splits.pop(0)
        if wrong == "it gives its records alone":
            return values
        return Batch(
            tuple(values) if wrong == "records are no list" else values,  # type: ignore[arg-type]
            "c" if wrong == "a batch is of another split" else id,
            begin
            if wrong == "the mark is taken before the records"
            else end + 5
            if wrong == "the mark is that of what was read ahead"
            else end,
            values[1:] if wrong == "a timestamp is missing" else None,
            ends=ends,
        )


def test_a_source_that_is_right() -> None:
    check_source(_Numbers(), list(range(40)))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            "the mark is taken before the records",
            "is 0, where the batch begins; it is to be the mark behind its last",
        ),
        (
            "the mark is that of what was read ahead",
            r"S2, restarted behind record \d+: \d+ records were lost",
        ),
        (
            "where a split is to begin is not heeded",
            "reading is to begin at the offset of the split that was added",
        ),
        ("a split takes the place of another", "S1, at parallelism 1: 20 records were lost"),
        ("all subtasks share a reader", "gave a batch of the split"),
        ("nothing says that a split ends", "S6: the source says that it is bounded, and has not ended"),
        ("a split ends before its last records", "records were lost"),
        ("two splits have one id", "gives the id 'same' to two splits"),
        ("a split is no plain data", "which is no plain data: it is saved with a checkpoint"),
        ("the state of the enumerator is no plain data", "snapshot of the enumerator is no plain data"),
        ("a timestamp is missing", "a batch of 5 records has 4 timestamps"),
        ("records are no list", "a batch has its records in a list"),
        ("it gives its records alone", "gives a Batch or None"),
        ("a batch is of another split", "gave a batch of the split 'c'"),
        ("it waits in the loop", "S4: next.* took 1.0 s; it holds up the worker"),
        ("it cannot be stopped", "has not ended a second after it was stopped"),
    ],
)
def test_a_source_that_is_wrong_is_refused(wrong: str, told: str) -> None:
    with pytest.raises(Exception, match=told):
        check_source(_Numbers(wrong), list(range(40)), patience_s=0.1)


_WRONG_PARTS: list[tuple[dict[str, Any], str]] = [
    ({"enumerator": None}, 'The source "source" gave None for an enumerator, which is a SplitEnumerator.'),
    ({"reader": 5}, 'The source "source" gave 5 for a reader, which is a SourceReader.'),
    ({"splits": None}, 'The enumerator of source "source" found None; discover gives an iterable of splits.'),
    ({"splits": ["a"]}, "The enumerator of source \"source\" found 'a', which is no split."),
    (
        {"splits": [Split(5)]},
        'The enumerator of source "source" found a split with the id 5; an id is a text.',
    ),  # type: ignore[arg-type]
    ({"splits": [Split("a", subtask="b")]}, "for subtask 'b'; it is a whole number."),  # type: ignore[arg-type]
    (
        {"splits": [Split("a", offset=[])]},
        "says that the split 'a' begins at []; a mark is a number or a text.",
    ),  # type: ignore[arg-type]
    ({"batch": [1]}, 'The reader of source "source" gave [1]; next gives a Batch or None.'),
    ({"batch": Batch(5, "a")}, "gave a batch with 5 for its values; they are a list."),  # type: ignore[arg-type]
    ({"batch": Batch([1, 2], "a", timestamps=[1])}, "gave 1 timestamps for 2 values; give one for each."),
    (
        {"batch": Batch([1], "a", timestamps=[1.5])},
        "gave the timestamp 1.5; it is a whole number of milliseconds in 64 bits.",
    ),  # type: ignore[list-item]
    ({"batch": Batch([1], "a", next=[])}, "says that a batch ends at []; a mark is a number or a text."),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("parts", "told"), _WRONG_PARTS)
def test_a_slip_of_a_source_is_told_in_a_sentence(parts: dict[str, Any], told: str) -> None:
    class Slips(Source[int]):
        def enumerator(self, context: Any, saved: Any = None) -> Any:
            return parts.get("enumerator", Found())

        def reader(self, context: Any) -> Any:
            return parts.get("reader", Reads())

    class Found(SplitEnumerator):
        def discover(self, is_first: bool) -> Any:
            return parts.get("splits", [Split("a")])

    class Reads(SourceReader[int]):
        def add(self, split: Split) -> None:
            pass

        def next(self) -> Any:
            return parts.get("batch")

    with pytest.raises(GraphError, match=re.escape(told)), SourceHarness(Slips()) as harness:
        harness.read(quiet_s=0.05)


def test_a_reader_that_has_nothing_is_asked_again() -> None:
    with SourceHarness(_Numbers("is silent")) as harness:
        assert harness.read(quiet_s=0.05) == []
        assert not harness.is_over
        harness.finish()
        assert harness.read() == []
        assert harness.is_over


def test_splits_go_to_those_who_ask() -> None:
    class Parts(_Numbers):
        def enumerator(self, context: Any, saved: Any = None) -> Listed:
            return Listed(Split(str(n), n) for n in range(9))

        def reader(self, context: Any) -> SourceReader[int]:
            return Part(context.subtask)

    class Part(SourceReader[int]):
        def __init__(self, subtask: int) -> None:
            self.subtask, self.own = subtask, list[Split]()

        def add(self, split: Split) -> None:
            self.own.append(split)

        def next(self) -> Batch[int] | None:
            if self.subtask == 0:  # It has its first one, and does not come to its end.
                return None
            split = self.own.pop(0)
            return Batch([split.of], split.id, ends=True)

    with SourceHarness(Parts(), 2) as harness:
        assert sorted(harness.read(8)) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert harness.counts == [0, 8]


def test_a_watched_folder_goes_on_with_what_is_new_and_with_nothing_that_was(tmp_path: Any) -> None:
    in_files(tmp_path, ".txt", str.encode)
    source = opens("source.lines", {"paths": [str(tmp_path)], "monitorMs": 5})
    with SourceHarness(source, 2) as first:
        records = first.read(100)
        (tmp_path / "new.txt").write_text("new\n")
        saved = first.save()
    with SourceHarness(source, 3, saved) as again:
        records += again.read(len(IN_FILES) - 100 + 1)
        (tmp_path / "newer.txt").write_text("newer\n")
        records += again.read(1)
        assert again.read(1, quiet_s=0.03) == []
    assert sorted(records) == sorted([*IN_FILES, "new", "newer"])
