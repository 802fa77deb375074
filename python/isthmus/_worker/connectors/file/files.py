"""What sources of files have in common: one file after the other, and new ones where a folder is watched."""

from __future__ import annotations

import gzip
import zlib
from typing import Any, BinaryIO

from ....errors import GraphError
from ...runtime.operator import OperatorContext
from .file_listing import FileListing

Batch = tuple[list[Any], list[int] | None]


class FilesSource:
    """``params``: paths (files and folders), monitorMs?: look for new files so often, and never end."""

    def open(self, ctx: OperatorContext) -> None:
        self._ctx = ctx
        monitor = ctx.params.get("monitorMs")
        self._monitor_ms: int | None = int(monitor) if monitor else None
        self._listing = FileListing(ctx.params["paths"], ctx.subtask, ctx.parallelism)
        self._todo: list[str] = []
        #: The file that is read, or was read last.
        self._path = ""
        self._discover()

    def _discover(self) -> None:
        self._todo += self._listing.look()
        self._look_again = self._ctx.clock.monotonic() + (self._monitor_ms or 0) / 1000

    def ready(self) -> bool:
        if self._reading() or self._todo or self._monitor_ms is None:
            return True
        return self._ctx.clock.monotonic() >= self._look_again

    def wakes_at(self) -> float | None:
        """When ``ready`` may turn True by itself (monotonic seconds)."""
        return None if self._monitor_ms is None else self._look_again

    def next(self) -> Batch | None:
        while True:
            if not self._reading():
                if not self._todo:
                    if self._monitor_ms is None:
                        return None
                    self._discover()
                    return [], None
                self._path = self._todo.pop(0)
            try:
                if not self._reading():
                    self._begin(self._path)
                records = self._read()
            except (OSError, EOFError, zlib.error) as e:
                reason = (e.strerror if isinstance(e, OSError) else None) or e
                raise GraphError(f"{self._path} cannot be read: {reason}.") from e
            if records:
                return records, None

    def _reading(self) -> bool:
        """Whether a file is open."""
        raise NotImplementedError

    def _begin(self, path: str) -> None:
        """Open a file."""
        raise NotImplementedError

    def _read(self) -> list[Any]:
        """Some records of the open file, and none at its end, which closes it."""
        raise NotImplementedError


def open_file(path: str) -> BinaryIO:
    """The bytes of a file, decompressed where its name ends in ``.gz``."""
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")  # type: ignore[return-value]
