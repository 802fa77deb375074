"""Every built-in source, held to the contract that sources of anybody are held to."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from isthmus._program.kinds import named
from isthmus._settings.resolve import settings_of
from isthmus._worker.built_in import make_source
from isthmus.connectors import Batch, Listed, Source, SourceReader, Split
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
        opens("source.csv", {"paths": in_files(at, ".csv", str.encode)}, lambda file, path: csv.reader(file)),
        [[line] for line in IN_FILES],
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
    """Broken as ``wrong`` says."""

    def __init__(self, wrong: str = "") -> None:
        self.wrong = wrong

    def enumerator(self, context: Any, saved: Any = None) -> Listed:
        return Listed([Split("a")])

    def reader(self, context: Any) -> SourceReader[int]:
        return _NumbersReader(self)


class _NumbersReader(SourceReader[int]):
    def __init__(self, source: _Numbers) -> None:
        self.wrong = source.wrong
        self.at = 0

    def add(self, split: Split) -> None:
        self.at = 0 if self.wrong == "forgets" else int(split.offset)

    def next(self) -> Batch[int] | None:
        if self.wrong == "is silent":
            return None
        self.at += 1
        return Batch(
            [self.at - 1], "b" if self.wrong == "another split" else "a", self.at, ends=self.at == 20
        )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [("forgets", "came without reason"), ("another split", "gave a batch of the split 'b'")],
)
def test_a_source_that_is_wrong_is_found_out(wrong: str, told: str) -> None:
    check_source(_Numbers(), list(range(20)))
    with pytest.raises(Exception, match=told):
        check_source(_Numbers(wrong), list(range(20)))


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
