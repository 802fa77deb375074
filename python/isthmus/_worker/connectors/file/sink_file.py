"""Row-encoded files in buckets, as PyFlink's ``FileSink`` writes them. Twin of ``src/connectors/file/sink-file.ts``.

F1. Where the job takes checkpoints, a file that is full becomes visible with the next one; those of the end with the last.
    Without, at once.
F2. A file that is open at a checkpoint stays so: the checkpoint has its length, and a restore cuts it there. So one each
    second does not make a file each second. (``onCheckpoint`` asks for just that.)
F3. Files are numbered. A checkpoint has the number that comes next: those from there on, it does not know, and who goes on
    from it removes them.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...._interfaces.sink import Committable, Committer, Prepared, Sink, SinkContext, SinkWriter
from ...machine.files import Files
from ...machine.machine import Machine
from ...runtime.operator import OperatorContext
from .line_form import LineForm
from .part_file import PartFile, Place, make_folder, publish_pending, remove_pending, sync_folders
from .unfinished_files import paths_below, remove_left_behind

if TYPE_CHECKING:
    from ...._program.job_graph import OperatorSpec


class FileSink(Sink[Any]):
    """``params``: path, prefix, suffix, bucket (``date-hour`` or ``base-path``), format (``yyyy-MM-dd--HH`` as strftime),
    rolling {maxPartBytes, rolloverIntervalMs, inactivityMs, onCheckpoint}, type.

    A committable is a file's name below the sink's folder.
    """

    def __init__(self, spec: OperatorSpec, machine: Machine) -> None:
        self._spec, self._machine = spec, machine

    def writer(self, context: SinkContext, restored: Sequence[Any]) -> SinkWriter[Any]:
        return _FileWriter(self._spec, self._machine, context, restored)

    def committer(self, context: SinkContext) -> Committer:
        return _FileCommitter(self._machine.files, self._spec["params"]["path"])


class _FileCommitter(Committer):
    def __init__(self, files: Files, base: str) -> None:
        self._files, self._base = files, base

    def commit(self, committables: Sequence[Committable]) -> None:
        names = [each.value for each in committables]
        for name in names:
            publish_pending(self._files, self._base, name)
        sync_folders(self._files, self._base, names)

    def abort(self, committables: Sequence[Committable]) -> None:
        for each in committables:
            remove_pending(self._files, self._base, each.value)


class _FileWriter(SinkWriter[Any]):
    """Its state, for whoever goes on: {id (in the names of its files), next (number of the next one, F3), open}."""

    keeps = False
    closes_at_once = True
    functions = ()

    def __init__(
        self, spec: OperatorSpec, machine: Machine, context: SinkContext, restored: Sequence[Any]
    ) -> None:
        self._context = context
        params = spec["params"]
        #: Open ones, by bucket.
        self._parts: dict[str, PartFile] = {}
        #: Full, and not named by a checkpoint yet.
        self._full: list[PartFile] = []
        #: Names that files got since the folders were synced last (F1).
        self._published: list[str] = []
        self._place = Place(machine.files, params["path"], machine.processes.own())
        self._prefix: str = params.get("prefix") or "part"
        self._suffix: str = params.get("suffix") or ""
        self._by_hour = (params.get("bucket") or "date-hour") == "date-hour"
        self._date_format: str = params.get("dateFormat") or "%Y-%m-%d--%H"
        self._zone = None
        if params.get("timeZone"):
            from zoneinfo import ZoneInfo

            self._zone = ZoneInfo(params["timeZone"])
        rolling: dict[str, Any] = params.get("rolling") or {}
        self._max_bytes = int(rolling.get("maxPartBytes") or 128 << 20)
        self._rollover_ms = int(rolling.get("rolloverIntervalMs") or 60_000)
        self._inactivity_ms = int(rolling.get("inactivityMs") or 60_000)
        self._on_checkpoint = bool(rolling.get("onCheckpoint"))
        self._form = LineForm(spec)
        self._id: str = restored[0]["id"] if restored else machine.uuid()
        self._next: int = restored[0]["next"] if restored else 0
        make_folder(self._place.files, self._place.base)
        if context.subtask == 0:
            remove_left_behind(machine.files, machine.processes, self._place.base)
        self._go_on(restored)

    def write_all(self, values: Iterator[Any]) -> Iterator[Any]:
        line, most, now = self._form.line, self._max_bytes, 0
        part: PartFile | None = None
        for value in values:
            data = line(value)
            if part is None:
                now = self._context.now()
                part = self._part(self._bucket(now), now)
                write = part.file.write
            try:
                write(data)
            except OSError as e:
                raise part.named(e) from e
            part.size += len(data)
            if part.size >= most:
                self._roll(part)
                part = None
        if part is not None:
            part.written_ms = now
        yield from ()

    def prepare(self, checkpoint: int, sealed: bool) -> Prepared:
        opened = []
        for part in list(self._parts.values()):
            if sealed or self._on_checkpoint:
                self._roll(part)
            else:
                part.sync()
                opened.append(part.saved())  # F2
        fresh = [part for part in (*self._full, *self._parts.values()) if not part.pending]
        for part in fresh:
            part.stage()
        renamed = [*(part.name for part in fresh), *self._published]
        sync_folders(self._place.files, self._place.base, renamed)
        self._published = []
        committables = [part.name for part in self._full]
        self._full = []
        state = {"id": self._id, "next": self._next, "open": opened}
        return Prepared(committables, () if sealed else (state,))

    def wakes_at(self) -> int | None:
        return min(map(self._rolls_at, self._parts.values())) if self._parts else None

    def on_time(self, now: int) -> None:
        for part in list(self._parts.values()):
            if now >= self._rolls_at(part):
                self._roll(part)

    def close(self) -> None:
        first: OSError | None = None
        # Each, whatever is wrong with others.
        for part in (*self._parts.values(), *self._full):
            try:
                part.drop()
            except OSError as e:
                first = first or e
        self._parts.clear()
        self._full = []
        if first is not None:
            raise first

    def _go_on(self, restored: Sequence[Any]) -> None:
        """Where the writers of these states were at their checkpoint."""
        if restored:
            _remove_later(self._place, {state["id"]: state["next"] for state in restored})  # F3
        for saved in [saved for state in restored for saved in state["open"]]:
            part = PartFile.resume(self._place, saved)
            if part is None:
                logging.getLogger("isthmus").warning(
                    "%s was finished by a later checkpoint than the one restored; its records from there on are written again.",
                    os.path.join(self._place.base, saved["name"]),
                )
            elif part.bucket in self._parts:
                part.end()  # Of two writers that have become one.
                self._full.append(part)
            else:
                self._parts[part.bucket] = part

    def _bucket(self, now_ms: int) -> str:
        if not self._by_hour:
            return ""
        if self._zone is None:
            return time.strftime(self._date_format, time.localtime(now_ms / 1000))
        from datetime import datetime

        return datetime.fromtimestamp(now_ms / 1000, self._zone).strftime(self._date_format)

    def _part(self, bucket: str, now_ms: int) -> PartFile:
        part = self._parts.get(bucket)
        if part is None:
            folder = os.path.join(self._place.base, bucket)
            make_folder(self._place.files, folder)
            file = self._next_name(folder)
            part = self._parts[bucket] = PartFile.begin(self._place, bucket, file, now_ms, self._form.head)
        return part

    def _next_name(self, folder: str) -> str:
        """After a restore of another checkpoint than the last one there may be finished files of a number already."""
        while True:
            name = f"{self._prefix}-{self._id}-{self._next}{self._suffix}"
            self._next += 1
            if self._place.files.stat(os.path.join(folder, name)) is None:
                return name

    def _rolls_at(self, part: PartFile) -> int:
        return min(part.created_ms + self._rollover_ms, part.written_ms + self._inactivity_ms)

    def _roll(self, part: PartFile) -> None:
        part.end()
        if self._context.checkpointing:
            self._full.append(part)  # F1
        else:
            part.publish()
            self._published.append(part.name)
        del self._parts[part.bucket]  # Until here ``close`` removes it.


def _remove_later(place: Place, following: dict[str, int]) -> None:
    """Files that writers have begun after their states (F3), and that a checkpoint names which is not the one restored.

    Args:
        following: The number that comes next, by writer.
    """
    for path, name in paths_below(place.files, place.base):
        found = _PENDING.fullmatch(name)
        if found is not None and int(found[2]) >= following.get(found[1], int(found[2]) + 1):
            place.files.remove(path)


_PENDING = re.compile(r"\..*-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(\d+).*\.pending")


def file_sink(ctx: OperatorContext) -> FileSink:
    return FileSink(ctx.spec, ctx.machine)
