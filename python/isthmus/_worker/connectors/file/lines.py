"""Lines of text files and folders, and values of JSON lines. The position is (file, byte offset), so a restart goes on at a
line."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from ...._interfaces.source import ConnectorContext, SourceReader
from ...._text.line_splitter import MARK_BYTES, LineSplitter, settled
from ...._values.failure import clip
from ....errors import GraphError
from ...machine.files import Files
from .files import FilesReader, FilesSource, Read, open_file

_BLOCK = 1 << 16


class LinesSource(FilesSource):
    """``params``: encoding?: utf-8 by default, jsonLines?: of ``.jsonl`` and ``.ndjson`` files the lines' values."""

    def reader(self, context: ConnectorContext) -> SourceReader[Any]:
        params = self._ctx.params
        encoding = params.get("encoding") or "utf-8"
        return _LinesReader(self._ctx.files, encoding, bool(params.get("jsonLines")))


class _LinesReader(FilesReader):
    def __init__(self, files: Files, encoding: str, json_lines: bool) -> None:
        super().__init__(files)
        self._encoding = encoding
        self._json_lines = json_lines
        self._parses = False
        self._file: BinaryIO | None = None

    def _reading(self) -> bool:
        return self._file is not None

    def _begin(self, path: str, offset: Any) -> None:
        file = open_file(self._files, path)
        charset, mark = settled(self._encoding, file.read(MARK_BYTES))
        start = max(offset, mark)
        file.seek(start)
        self._file, self._splitter = file, LineSplitter(charset, start)
        self._parses = self._json_lines and path.removesuffix(".gz").endswith((".jsonl", ".ndjson"))

    def _read(self) -> Read:
        file = self._file
        assert file is not None
        try:
            while block := file.read(_BLOCK):
                if lines := self._splitter.push(block):
                    return Read(self._records_of(lines), self._splitter.offset)
            lines = self._splitter.end()
        except UnicodeDecodeError as e:
            raise GraphError(
                f"{self._path} is not {self._encoding} text near byte {self._splitter.offset}: {e}. "
                f"Say its encoding where the source is made."
            ) from e
        self.close()
        return Read(self._records_of(lines))

    def _records_of(self, texts: list[str]) -> list[Any]:
        return [self._value_of(text) for text in texts if text.strip()] if self._parses else texts

    def _value_of(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as e:
            raise GraphError(f"{self._path} has a line that is no JSON ({e}): {clip(text, 200)}") from e

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
