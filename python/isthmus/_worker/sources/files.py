"""Lines of text files and folders, values of JSON lines, and records of CSV files.

Files are dealt out over the subtasks by turns. Hidden files and those that begin with an underscore are left out, as
Flink does. The position is (file, byte offset), so a restart goes on at a line.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from ...errors import GraphError
from ..failure import clip
from ..operator import OperatorContext

_BLOCK = 1 << 16


def list_files(paths: Iterable[str]) -> list[str]:
    """All files under ``paths``, folders searched recursively, in order of name within each folder.

    Raises:
        GraphError: A path does not exist.
    """
    found: list[str] = []
    for path in paths:
        if path.startswith("file:"):
            from urllib.parse import unquote, urlparse

            path = unquote(urlparse(path).path)
        if os.path.isdir(path):
            _walk(path, found, ())
        elif os.path.exists(path):
            found.append(path)
        else:
            raise GraphError(f"The input path {path} does not exist.")
    return found


def _walk(folder: str, found: list[str], above: tuple[str, ...]) -> None:
    """Links to folders are followed, except for those that lead nowhere, or back."""
    itself = os.path.realpath(folder)
    if itself in above:
        return
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.startswith((".", "_")) or not os.path.exists(path):
            continue
        if os.path.isdir(path):
            _walk(path, found, (*above, itself))
        else:
            found.append(path)


class FileLinesSource:
    def open(self, ctx: OperatorContext) -> None:
        self._ctx = ctx
        self._paths: list[str] = ctx.params["paths"]
        self._encoding: str = ctx.params.get("encoding") or "utf-8"
        monitor = ctx.params.get("monitorMs")
        self._monitor_ms: int | None = int(monitor) if monitor else None
        self._json_lines = bool(ctx.params.get("jsonLines"))
        self._parses = False
        self._seen: set[str] = set()
        self._todo: list[str] = []
        self._file: BinaryIO | None = None
        self._path = ""
        self._offset = 0
        #: The begin of a line, in blocks: one of many blocks is put together once.
        self._rest: list[bytes] = []
        self._look_again = 0.0
        self._records: Iterator[list[Any]] | None = None
        # A CSV reader turns a file into records by itself: quoted fields may hold line breaks.
        self._reader: Callable[..., Iterable[Any]] | None = None
        if ctx.spec["kind"] == "source.csv":
            self._reader = ctx.load_function(ctx.spec["fn"])
        self._discover()

    def _discover(self) -> None:
        every = [p for p in list_files(self._paths) if p not in self._seen]
        start = len(self._seen)
        self._seen.update(every)
        ctx = self._ctx
        self._todo += [p for i, p in enumerate(every, start) if i % ctx.parallelism == ctx.subtask]
        self._look_again = ctx.clock.monotonic() + (self._monitor_ms or 0) / 1000

    def ready(self) -> bool:
        if self._file is not None or self._records is not None or self._todo or self._monitor_ms is None:
            return True
        return self._ctx.clock.monotonic() >= self._look_again

    def wakes_at(self) -> float | None:
        """When ``ready`` may turn True by itself (monotonic seconds)."""
        return None if self._monitor_ms is None else self._look_again

    def next(self) -> tuple[list[Any], list[int] | None] | None:
        try:
            return self._next_lines() if self._reader is None else self._next_records()
        except (OSError, EOFError, zlib.error) as e:
            reason = (e.strerror if isinstance(e, OSError) else None) or e
            raise GraphError(f"{self._path} cannot be read: {reason}.") from e

    def _next_lines(self) -> tuple[list[Any], list[int] | None] | None:
        while True:
            if self._file is None and not self._open_next():
                if self._monitor_ms is None:
                    return None
                self._discover()
                return [], None
            assert self._file is not None
            block = self._file.read(_BLOCK)
            if not block:
                self._file.close()
                self._file = None
                if self._rest:
                    last, self._rest = b"".join(self._rest), []
                    return self._records_of([last]), None
                continue
            self._offset += len(block)
            first, *others = block.split(b"\n")
            self._rest.append(first)
            if others:
                lines = [b"".join(self._rest), *others]
                last = lines.pop()
                self._rest = [last] if last else []
                return self._records_of(lines), None

    @property
    def _position(self) -> int:
        """Where the line that is yet to be emitted begins."""
        return self._offset - sum(map(len, self._rest))

    def _records_of(self, lines: list[bytes]) -> list[Any]:
        texts = self._decode(lines)
        return [self._value_of(text) for text in texts if text.strip()] if self._parses else texts

    def _value_of(self, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as e:
            raise GraphError(f"{self._path} has a line that is no JSON ({e}): {clip(text, 200)}") from e

    def _decode(self, lines: list[bytes]) -> list[str]:
        # One decode for the block: a line break is one byte in the encodings that text files have.
        try:
            text = b"\n".join(lines).decode(self._encoding)
        except UnicodeDecodeError as e:
            raise GraphError(
                f"{self._path} is not {self._encoding} text near byte {self._position}: {e}. "
                f"Say its encoding where the source is made."
            ) from e
        if "\r" in text:
            # Flink's lines also end at a lone \r. At the end stands the first half of the line break that was cut off,
            # or the end of the last line.
            text = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
        return text.split("\n")

    def _open_next(self) -> bool:
        if not self._todo:
            return False
        self._path = self._todo.pop(0)
        self._offset = 0
        self._parses = self._json_lines and self._path.removesuffix(".gz").endswith((".jsonl", ".ndjson"))
        self._file = gzip.open(self._path, "rb") if self._path.endswith(".gz") else open(self._path, "rb")  # type: ignore[assignment]
        return True

    def _next_records(self) -> tuple[list[Any], list[int] | None] | None:
        while True:
            if self._records is None:
                if not self._todo:
                    if self._monitor_ms is None:
                        return None
                    self._discover()
                    return [], None
                self._records = self._read_csv(self._todo.pop(0))
            batch = next(self._records, None)
            if batch is not None:
                return batch, None
            self._records = None

    def _read_csv(self, path: str) -> Iterator[list[Any]]:
        assert self._reader is not None
        self._path = path
        open_text = gzip.open if path.endswith(".gz") else open
        with open_text(path, "rt", encoding=self._encoding, newline="") as file:
            batch: list[Any] = []
            for record in self._reader(file, path):
                batch.append(record)
                if len(batch) >= 1024:
                    yield batch
                    batch = []
            if batch:
                yield batch

    def snapshot(self, checkpoint: int) -> Any:
        if self._reader is not None:
            return None
        return {
            "seen": sorted(self._seen),
            "todo": list(self._todo),
            "path": self._path if self._file is not None else None,
            "offset": self._position,
        }

    def restore(self, states: list[Any]) -> None:
        state = states[0]
        self._seen, self._todo = set(state["seen"]), list(state["todo"])
        if state["path"] is not None:
            self._todo.insert(0, state["path"])
            self._open_next()
            assert self._file is not None
            self._file.seek(state["offset"])
            self._offset = state["offset"]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
