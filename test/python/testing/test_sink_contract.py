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


class Broken(Sink[str]):
    """Into a list, with one rule broken."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.seen: list[str] = []
        self.done: set[str] = set()

    def writer(self, context, restored):
        return BrokenWriter(self)

    def committer(self, context):
        return BrokenCommitter(self)


class BrokenWriter(SinkWriter[str]):
    def __init__(self, sink: Broken) -> None:
        self.sink = sink
        self.rows: list[str] = []

    def write(self, value: str) -> None:
        (self.sink.seen if self.sink.rule == "seen when written" else self.rows).append(value)

    def prepare(self, checkpoint: int, sealed: bool) -> Prepared:
        rows, self.rows = self.rows, []
        if self.sink.rule == "seen when prepared":
            self.sink.seen += rows
            rows = []
        if self.sink.rule == "the tail is forgotten" and sealed:
            rows = []
        return Prepared([rows])


class BrokenCommitter(Committer):
    def __init__(self, sink: Broken) -> None:
        self.sink = sink

    def commit(self, committables) -> None:
        for id, rows in committables:
            if id not in self.sink.done or self.sink.rule == "repeated with harm":
                self.sink.done.add(id)
                self.sink.seen += rows


def broken(rule: str):
    def fresh():
        sink = Broken(rule)
        return SinkCase(sink, lambda: sink.seen)

    return fresh


def test_one_that_breaks_no_rule():
    check_sink(broken(""))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("seen when written", "sees what is not committed"),
        ("seen when prepared", "sees what is not committed"),
        ("the tail is forgotten", "misses"),
        ("repeated with harm", "sees"),
    ],
)
def test_one_that_breaks_a_rule(rule, said):
    with pytest.raises(AssertionError, match=said):
        check_sink(broken(rule))
