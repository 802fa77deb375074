"""Records of CSV files. A reader turns a file into records by itself: quoted fields may hold line breaks, so a position is
the number of records since the begin."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import islice
from typing import Any, TextIO

from ...._interfaces.source import ConnectorContext, SourceReader
from ...._text.csv_format import CsvFormat
from ...._text.csv_text import CsvReader
from ...._values.weight import Scale
from ....errors import GraphError
from ...machine.files import Files
from ...runtime.operator import OperatorContext
from .files import FilesReader, FilesSource, Read, open_file

#: Records and bytes taken at a time, and records before their size is known.
_BATCH = 1024
_BATCH_BYTES = 1 << 20
_FIRST_BATCH = 64
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # Before that of UTF-16, which it begins with.
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


class CsvSource(FilesSource):
    """Named rows; ``params.rowFormat`` says the columns and how the text looks."""

    def __init__(self, ctx: OperatorContext) -> None:
        super().__init__(ctx)
        self._parse = CsvFormat.of_data(ctx.params["rowFormat"]).reader()

    def reader(self, context: ConnectorContext) -> SourceReader[Any]:
        return _CsvReader(self._ctx.files, self._parse)


class _CsvReader(FilesReader):
    def __init__(self, files: Files, parse: CsvReader) -> None:
        super().__init__(files)
        self._parse = parse
        self._file: TextIO | None = None
        self._charset = ""
        self._scale = Scale()
        self._batch = _FIRST_BATCH

    def _reading(self) -> bool:
        return self._file is not None

    def _begin(self, path: str, offset: Any) -> None:
        file = open_file(self._files, path)
        self._charset, mark = charset_of(file.read(4))
        file.seek(mark)
        self._file = TextIOWrapper(file, self._charset, newline="")
        self._records: Iterator[Any] = iter(self._parse(self._file, path))

    def _read(self) -> Read:
        try:
            records = list(islice(self._records, self._batch))
        except UnicodeDecodeError as e:
            raise GraphError(f"{self._path} is not {self._charset} text: {e}. CSV is read in Unicode.") from e
        if not records:
            self.close()
        self._scale.weigh(records)
        fits = int(_BATCH_BYTES / self._scale.per_record)
        self._batch = max(1, min(self._batch * 2, fits, _BATCH))
        return Read(records)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def charset_of(head: bytes) -> tuple[str, int]:
    """The Unicode encoding of a CSV file by its first four bytes, and how long its byte order mark is; as Jackson finds it."""
    for mark, charset in _MARKS.items():
        if head.startswith(mark):
            return charset, len(mark)
    zeros = [byte == 0 for byte in head]
    if zeros == [False, True, True, True]:
        return "utf-32-le", 0
    if zeros == [True, True, True, False]:
        return "utf-32-be", 0
    if zeros[:2] == [False, True]:
        return "utf-16-le", 0
    if zeros[:2] == [True, False]:
        return "utf-16-be", 0
    return "utf-8", 0
