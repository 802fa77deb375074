"""Row-encoded files in buckets, as PyFlink's ``FileSink`` writes them.

- Lines are written to ``.<part>.inprogress.<uuid>``; the file gets its name when it is finished, so a reader
  never sees half a file. What a kill has left is removed when a sink starts on the folder (unfinished_files.py).
- A rolled file becomes visible at once. (PyFlink lets it wait for a checkpoint, where checkpoints are on; here none is taken.)
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from ...._text.format import file_formatter
from ...._types.coerce import coercer
from ....common._charsets import written
from ....errors import GraphError
from ...runtime.coercion import coerced
from ...runtime.operator import Operator, OperatorContext
from .unfinished_files import remove_left_behind, writer_id


class _Part:
    """The file being written in one bucket."""

    def __init__(self, hidden: str, final: str, now_ms: int) -> None:
        self.hidden, self.final = hidden, final
        self.created_ms = self.written_ms = now_ms
        self.size = 0
        self.file: BinaryIO = open(hidden, "wb", buffering=1 << 16)


class FileSinkOperator(Operator):
    """``params``: path, prefix, suffix, bucket (``date-hour`` or ``base-path``), format (``yyyy-MM-dd--HH`` as strftime),
    rolling {maxPartBytes, rolloverIntervalMs, inactivityMs, onCheckpoint}, type."""

    closes_at_once = True

    def open(self, ctx: OperatorContext) -> None:
        self.ctx = ctx
        params = ctx.params
        self._parts: dict[str, _Part] = {}
        self._base: str = params["path"]
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
        self._mark, self._charset = written(params.get("charset") or "utf-8")
        declared = params.get("type")
        self._format: Callable[[Any], str] = file_formatter(declared)
        self._line_end = "\n"
        self._header = ""
        if params.get("rowFormat"):
            self._use_csv(params["rowFormat"])
        self._coerce = coercer(declared) if declared else None
        self._id = str(uuid.uuid4())
        self._writer = writer_id()
        self._counter = 0
        _make_folder(self._base)
        if ctx.subtask == 0:
            remove_left_behind(self._base)

    def _use_csv(self, given: dict[str, Any]) -> None:
        from ...._text.csv_text import CsvDialect, CsvWriter

        writer = CsvWriter(
            CsvDialect(
                separator=given["separator"],
                quote=given["quote"],
                escape=given["escape"],
                array_separator=given["arraySeparator"],
                null=given["null"],
            ),
            given["names"],
            given["types"],
        )
        names: list[str] = given["names"]
        self._line_end = given["lineSeparator"]
        if given["header"]:
            self._header = writer.header() + self._line_end

        def line(record: Any) -> str:
            if isinstance(record, dict):
                record = [record[name] for name in names]
            return writer.line(record)

        self._format = line

    def apply(self, records: Iterator[Any]) -> Iterator[Any]:
        form, end, charset, coerce = self._format, self._line_end, self._charset, self._coerce
        now = self.ctx.clock.now_ms()
        bucket = self._bucket(now)
        part = self._part(bucket, now)
        for record in records:
            if coerce is not None:
                record = coerced(coerce, [record], self.ctx.spec)[0]
            line = (form(record) + end).encode(charset)
            part.file.write(line)
            part.size += len(line)
            if part.size >= self._max_bytes:
                self._finish(bucket)
                now = self.ctx.clock.now_ms()
                bucket = self._bucket(now)
                part = self._part(bucket, now)
        part.written_ms = now
        yield from ()

    def _bucket(self, now_ms: int) -> str:
        if not self._by_hour:
            return ""
        if self._zone is None:
            return time.strftime(self._date_format, time.localtime(now_ms / 1000))
        from datetime import datetime

        return datetime.fromtimestamp(now_ms / 1000, self._zone).strftime(self._date_format)

    def _part(self, bucket: str, now_ms: int) -> _Part:
        part = self._parts.get(bucket)
        if part is None:
            folder = os.path.join(self._base, bucket)
            _make_folder(folder)
            name = f"{self._prefix}-{self._id}-{self._counter}{self._suffix}"
            self._counter += 1
            hidden = os.path.join(folder, f".{name}.inprogress.{self._writer}")
            part = self._parts[bucket] = _Part(hidden, os.path.join(folder, name), now_ms)
            part.file.write(self._mark + self._header.encode(self._charset))
        return part

    def _finish(self, bucket: str) -> None:
        part = self._parts[bucket]
        part.file.flush()
        os.fsync(part.file.fileno())
        part.file.close()
        if part.size:
            os.rename(part.hidden, part.final)
        else:
            os.unlink(part.hidden)
        del self._parts[bucket]  # Until here ``close`` removes it.

    def next_processing_time(self) -> int | None:
        if not self._parts:
            return None
        return min(
            min(p.created_ms + self._rollover_ms, p.written_ms + self._inactivity_ms)
            for p in self._parts.values()
        )

    def advance_processing_time(self, now: int) -> None:
        for bucket, part in list(self._parts.items()):
            if now >= min(part.created_ms + self._rollover_ms, part.written_ms + self._inactivity_ms):
                self._finish(bucket)

    def finish(self) -> None:
        for bucket in list(self._parts):
            self._finish(bucket)

    def close(self) -> None:
        """After a failure what is unfinished never gets its name, and is removed: each, whatever is wrong with others."""
        first: OSError | None = None
        for part in self._parts.values():
            try:
                os.unlink(part.hidden)
            except FileNotFoundError:
                pass
            except OSError as e:
                first = first or e
            try:
                part.file.close()
            except OSError:  # What its buffer held is wanted no more; on a full disk it cannot be written.
                pass
        self._parts.clear()
        if first is not None:
            raise first


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as e:
        raise GraphError(f"The output folder {folder} cannot be made: {e.strerror}.") from e
