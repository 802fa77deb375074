"""What sources of files have in common: one file after the other, and new ones where a folder is watched."""

from __future__ import annotations

import gzip
import zlib
from typing import Any, BinaryIO, NamedTuple

from ....errors import GraphError
from ...runtime.operator import OperatorContext
from ...runtime.splits import SourceBatch, Split, Splits
from .file_listing import FileListing


class Read(NamedTuple):
    """Some records of a file: where they begin, and where what is behind them does."""

    records: list[Any]
    offset: Any
    skip: int = 0
    next: Any = None


class FilesSource:
    """``params``: paths (files and folders), monitorMs?: look for new files so often, and never end."""

    def open(self, ctx: OperatorContext, splits: Splits) -> None:
        self._ctx = ctx
        monitor = ctx.params.get("monitorMs")
        self._monitor_ms: int | None = int(monitor) if monitor else None
        self._listing = FileListing(ctx.params["paths"], ctx.subtask, ctx.parallelism)
        self._all = splits
        #: How often the first look has found a path.
        self._times: dict[str, int] = {}
        if splits.restored:
            # A path that was given out twice has two splits; what is looked for are paths that are new.
            self._listing.resume(id.split(_TURN)[0] for id in splits.known)
        else:
            splits.begin(self._split_of(path) for path in self._listing.look())
        self._todo: list[Split] = splits.to_read()
        #: The file that is read, or was read last.
        self._split: Split | None = None
        self._path = ""
        self._look_again = 0.0 if splits.restored else self._next_look()

    def _next_look(self) -> float:
        return self._ctx.clock.monotonic() + (self._monitor_ms or 0) / 1000

    def _discover(self) -> None:
        for path in self._listing.look():
            id, of, offset = self._split_of(path)
            self._all.add(id, of, offset)
            self._todo.append(Split(id, of, offset))
        self._look_again = self._next_look()

    def _split_of(self, path: str) -> tuple[str, Any, Any]:
        turn = self._times[path] = self._times.get(path, 0) + 1
        return path if turn == 1 else f"{path}{_TURN}{turn}", path, 0

    def ready(self) -> bool:
        if self._reading() or self._todo or self._monitor_ms is None:
            return True
        return self._ctx.clock.monotonic() >= self._look_again

    def wakes_at(self) -> float | None:
        """When ``ready`` may turn True by itself (monotonic seconds)."""
        return None if self._monitor_ms is None else self._look_again

    def next(self) -> SourceBatch | None:
        if not self._reading():
            if not self._todo:
                if self._monitor_ms is None:
                    return None
                self._discover()
                return SourceBatch([])
            self._split = self._todo.pop(0)
            self._path = self._split.of
        split = self._split
        assert split is not None
        try:
            if not self._reading():
                self._begin(split.of, split.offset)
            records, offset, skip, behind = self._read()
        except (OSError, EOFError, zlib.error) as e:
            reason = (e.strerror if isinstance(e, OSError) else None) or e
            raise GraphError(f"{self._path} cannot be read: {reason}.") from e
        return SourceBatch(records, None, split.id, offset, skip, behind, not self._reading())

    def _reading(self) -> bool:
        """Whether a file is open."""
        raise NotImplementedError

    def _begin(self, path: str, offset: Any) -> None:
        """Open a file, to go on at ``offset``."""
        raise NotImplementedError

    def _read(self) -> Read:
        """Some records of the open file, which is closed with the last of them."""
        raise NotImplementedError


#: Between a path and its number, where it is read more than once. No path has it.
_TURN = "\0"


def open_file(path: str) -> BinaryIO:
    """The bytes of a file, decompressed where its name ends in ``.gz``."""
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")  # type: ignore[return-value]
