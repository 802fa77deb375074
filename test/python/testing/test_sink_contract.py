"""Every sink that Isthmus brings, the example of the page, and some that break a rule each."""

from __future__ import annotations

import itertools
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from isthmus._worker.connectors.collection.sink_collect import CollectSink
from isthmus._worker.connectors.file.sink_file import FileSink
from isthmus._worker.connectors.print.sink_print import PrintSink
from isthmus._worker.machine.machine import Machine
from isthmus.connectors import Committer, Prepared, Sink, SinkWriter
from isthmus.testing import SinkCase, check_sink

ROOT = Path(__file__).parents[3]


def file_cases(tmp_path, **params):
    number = itertools.count()

    def fresh():
        folder = tmp_path / str(next(number))
        spec = {"name": "files", "params": {"path": str(folder), "bucket": "base-path", **params}}

        def read():
            return [
                line
                for path in folder.iterdir()
                if not path.name.startswith(".")
                for line in path.read_text().splitlines()
            ]

        return SinkCase(FileSink(spec, Machine()), read)

    return fresh


@pytest.mark.parametrize(
    "rolling", [{}, {"onCheckpoint": True}, {"maxPartBytes": 1}, {"maxPartBytes": 4}], ids=str
)
def test_files(tmp_path, rolling):
    check_sink(file_cases(tmp_path, rolling=rolling))


def test_lines_that_are_printed():
    check_sink(lambda: SinkCase(PrintSink({"name": "print", "params": {}})))


def test_results():
    check_sink(lambda: SinkCase(CollectSink()))


def example() -> Any:
    page = (ROOT / "docs" / "connectors.md").read_text()
    code = re.search(r"```python\n# sqlite_sink.py\n(.*?)```", page, re.S)
    assert code is not None
    assert len(code[1].splitlines()) <= 40
    names: dict[str, Any] = {}
    exec(code[1], names)
    return names["SqliteSink"]


def test_the_example_of_the_page(tmp_path):
    sqlite_sink, number = example(), itertools.count()

    def fresh():
        path = str(tmp_path / f"{next(number)}.db")

        def read():
            db = sqlite3.connect(path)
            try:
                return [value for (value,) in db.execute("SELECT value FROM rows")]
            finally:
                db.close()

        return SinkCase(sqlite_sink(path), read)

    check_sink(fresh)


class Place:
    """What outlives a process."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.done: set[str] = set()
        #: Open ones, by name.
        self.parts: dict[str, list[str]] = {}


class Rows(Sink[str]):
    """Committables are rows."""

    def __init__(self, place: Place, wrong: str) -> None:
        self.place, self.wrong = place, wrong
        self.staged: list[list[str]] = []

    def writer(self, context, restored):
        return RowsWriter(self)

    def committer(self, context):
        return None if self.wrong == "no committer" else RowsCommitter(self)


class RowsWriter(SinkWriter[str]):
    def __init__(self, sink: Rows) -> None:
        self.sink, self.wrong, self.place = sink, sink.wrong, sink.place
        self.rows: list[str] = []

    def write(self, value: str) -> None:
        (self.place.seen if self.wrong == "seen when written" else self.rows).append(value)

    def prepare(self, checkpoint: int, sealed: bool) -> Any:
        rows = self.rows
        if self.wrong != "prepared twice":
            self.rows = []
        if self.wrong == "seen when prepared":
            self.place.seen += rows
            rows = []
        if self.wrong == "the tail is forgotten" and sealed:
            rows = []
        if self.wrong == "no object":
            return rows
        if self.wrong == "staged in memory":
            self.sink.staged.append(rows)
            return Prepared([[len(self.sink.staged) - 1]])
        return Prepared([[row] for row in rows])

    def close(self) -> None:
        if self.wrong == "close shows":
            self.place.seen += self.rows


class RowsCommitter(Committer):
    def __init__(self, sink: Rows) -> None:
        self.sink, self.wrong, self.place = sink, sink.wrong, sink.place

    def commit(self, committables) -> None:
        if self.wrong == "the target is wrong":
            raise LookupError("no such table")
        for id, rows in committables[:1] if self.wrong == "only the first is committed" else committables:
            if id not in self.place.done or self.wrong == "repeated with harm":
                self.place.done.add(id)
                self.place.seen += self.sink.staged[rows[0]] if self.wrong == "staged in memory" else rows

    def abort(self, committables) -> None:
        if self.wrong == "abort takes all":
            self.place.seen.clear()


class Parts(Sink[str]):
    """Committables are parts, which stay open over checkpoints."""

    def __init__(self, place: Place, wrong: str) -> None:
        self.place, self.wrong = place, wrong

    def writer(self, context, restored):
        known = [] if self.wrong == "states are not gone on with" else restored
        return PartsWriter(self, known[:1] if self.wrong == "one state is gone on with" else known, context)

    def committer(self, context):
        return PartsCommitter(self.place)


class PartsWriter(SinkWriter[str]):
    def __init__(self, sink: Parts, states: Any, context: Any) -> None:
        self.wrong, self.parts = sink.wrong, sink.place.parts
        for name, length in states:
            if self.wrong != "what came later is not cut off":
                del self.parts[name][length:]
        self.own = str(context.random())
        self.names = [name for name, _ in states]

    def write(self, value: str) -> None:
        if not self.names:
            self.names.append(self.own)
            self.parts[self.own] = []
        self.parts[self.names[0]].append(value)

    def prepare(self, checkpoint: int, sealed: bool) -> Prepared:
        states = [[name, len(self.parts[name])] for name in self.names]
        if not sealed:
            return Prepared(states=states)
        full, self.names = self.names, []
        return Prepared(states=states) if self.wrong == "states for nobody" else Prepared(full)

    def close(self) -> None:
        if self.wrong == "close drops":
            for name in self.names:
                self.parts.get(name, []).clear()


class PartsCommitter(Committer):
    def __init__(self, place: Place) -> None:
        self.place = place

    def commit(self, committables) -> None:
        for _, name in committables:
            self.place.seen += self.place.parts.pop(name, [])


def wrongly(kind: Any, wrong: str):
    def fresh():
        place = Place()

        def again():
            return kind(place, wrong)

        return SinkCase(again(), lambda: place.seen, again=again)

    return fresh


@pytest.mark.parametrize("kind", [Rows, Parts])
def test_one_that_is_right(kind):
    check_sink(wrongly(kind, ""))


@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        ("seen when written", Rows, r"sees what is not committed: \['a'\]"),
        ("seen when prepared", Rows, r"sees what is not committed: \['a', 'b'\]"),
        ("the tail is forgotten", Rows, r"at the end of input \(sealed\); .* a reader misses \['a', 'b'\]"),
        ("repeated with harm", Rows, "the id of a committable says that it is done"),
        ("prepared twice", Rows, "what prepare has given once it is not to give again"),
        ("close shows", Rows, "close is not to show what was not prepared"),
        ("abort takes all", Rows, "abort is to take back what it is given, and nothing"),
        ("only the first is committed", Rows, r"a reader misses \['b'\]"),
        (
            "the target is wrong",
            Rows,
            "commit failed after write, write, end, prepare, complete: LookupError",
        ),
        ("staged in memory", Rows, "commit failed after write, prepare, crash: IndexError"),
        ("no committer", Rows, "gave 2 committables, and the sink has no committer"),
        ("no object", Rows, r"gives a Prepared\(committables, states\); it gave \['a', 'b'\]"),
        ("states are not gone on with", Parts, "a writer is to go on with each of its states"),
        ("one state is gone on with", Parts, "after parallelism .* misses"),
        ("what came later is not cut off", Parts, "is not to be seen twice"),
        ("states for nobody", Parts, r"was told that no writer goes on \(sealed\), and gives states"),
        ("close drops", Parts, "close is not to drop what was prepared"),
    ],
)
def test_one_that_is_wrong_is_refused(wrong, kind, said):
    with pytest.raises(Exception, match=said):
        check_sink(wrongly(kind, wrong))


def test_a_committer_without_anything_that_prepares_is_refused():
    class Plain(SinkWriter[str]):
        def write(self, value: str) -> None:
            pass

    class Half(Rows):
        def writer(self, context, restored):
            return Plain()

    with pytest.raises(Exception, match="has a committer, and its writer no method prepare"):
        check_sink(wrongly(Half, ""))
