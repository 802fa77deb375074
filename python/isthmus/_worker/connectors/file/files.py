"""What sources of files have in common: a split for each file, read one after the other, and new ones where a folder is watched."""

from __future__ import annotations

import gzip
import zlib
from collections import deque
from typing import Any, BinaryIO, NamedTuple

from ...._interfaces.source import Batch, ConnectorContext, Source, SourceReader, Split
from ...machine.files import Files
from ...runtime.operator import OperatorContext
from .disk_error import disk_error
from .file_listing import FileListing


class Read(NamedTuple):
    """Some records of a file, and the mark behind them where there is one."""

    records: list[Any]
    next: int | None = None


class FilesSource(Source[Any]):
    """``params``: paths (files and folders), monitorMs?: look for new files so often, and never end."""

    def __init__(self, ctx: OperatorContext) -> None:
        self._ctx = ctx
        monitor = ctx.params.get("monitorMs")
        self._monitor_ms: int | None = int(monitor) if monitor else None
        self.bounded = self._monitor_ms is None

    def enumerator(self, context: ConnectorContext, saved: Any = None) -> FileListing:
        return FileListing(self._ctx.files, self._ctx.params["paths"], self._monitor_ms)


class FilesReader(SourceReader[Any]):
    def __init__(self, files: Files) -> None:
        self._files = files
        self._todo: deque[Split] = deque()
        #: The file that is read, or was read last.
        self._split: Split | None = None
        self._path = ""

    def add(self, split: Split) -> None:
        self._todo.append(split)

    def next(self) -> Batch[Any] | None:
        begins = not self._reading()
        if begins:
            if not self._todo:
                return None
            self._split = self._todo.popleft()
            self._path = self._split.of
        split = self._split
        assert split is not None
        try:
            if begins:
                self._begin(split.of, split.offset)
            records, behind = self._read()
        except (OSError, EOFError, zlib.error) as e:
            raise disk_error(f"{self._path} cannot be read", self._path, e) from e
        return Batch(records, split.id, behind, ends=not self._reading())

    def _reading(self) -> bool:
        """Whether a file is open."""
        raise NotImplementedError

    def _begin(self, path: str, offset: Any) -> None:
        """Open a file, to go on at ``offset``."""
        raise NotImplementedError

    def _read(self) -> Read:
        """Some records of the open file, which is closed with the last of them."""
        raise NotImplementedError


def open_file(files: Files, path: str) -> BinaryIO:
    """The bytes of a file, decompressed where its name ends in ``.gz``."""
    file = files.open(path, "read")
    return _Unzipped(file) if path.endswith(".gz") else file  # type: ignore[return-value]


class _Unzipped(gzip.GzipFile):
    """Closes what it reads from, too."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._file = file

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._file.close()
