"""Files of the simulation, which the other end of the pipe has (``lock-step.ts``)."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from isthmus._worker.machine.files import FileStat, FolderEntry, OpenMode


class RemoteFiles:
    def __init__(self, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._asked = ask
        self._lost = False

    def are_lost(self) -> None:
        """The process is gone: what its buffers hold gets nowhere."""
        self._lost = True

    def _ask(self, method: str, *args: Any, handle: int | None = None) -> Any:
        if self._lost:
            return 0
        answer = self._asked({"handle": handle, "method": method, "args": args})
        code = answer.get("code")
        if code is not None:
            number = getattr(errno, code)
            raise OSError(number, os.strerror(number), args[0] if handle is None else None)
        return answer.get("result")

    def open(self, path: str, mode: OpenMode) -> BinaryIO:
        handle = self._ask("open", path, mode)
        raw = _RemoteFile(lambda method, *args: self._ask(method, *args, handle=handle), mode != "read")
        return cast(BinaryIO, io.BufferedReader(raw) if mode == "read" else io.BufferedWriter(raw))

    def sync(self, file: BinaryIO) -> None:
        file.flush()
        cast(Any, file).raw.ask("sync")

    def stat(self, path: str) -> FileStat | None:
        found = self._ask("stat", path)
        return None if found is None else FileStat(found["folder"], found["bytes"], found["modifiedMs"])

    def entries(self, folder: str) -> list[FolderEntry]:
        return [FolderEntry(entry["name"], entry["kind"]) for entry in self._ask("entries", folder)]

    def real_path(self, path: str) -> str:
        return cast(str, self._ask("realPath", path))

    def make_folder(self, folder: str, *, private: bool = False) -> None:
        self._ask("makeFolder", folder, *(["private"] if private else []))

    def make_temporary_folder(self, prefix: str, within: str | None = None) -> str:
        return cast(str, self._ask("makeTemporaryFolder", prefix, *([within] if within else [])))

    def rename(self, before: str, after: str) -> None:
        self._ask("rename", before, after)

    def remove(self, path: str) -> bool:
        return cast(bool, self._ask("remove", path))

    def remove_folder(self, folder: str) -> None:
        self._ask("removeFolder", folder)

    def sync_folder(self, folder: str) -> None:
        self._ask("syncFolder", folder)


class _RemoteFile(io.RawIOBase):
    def __init__(self, ask: Callable[..., Any], writes: bool) -> None:
        self.ask = ask
        self._writes = writes
        self._at = 0

    def readable(self) -> bool:
        return not self._writes

    def writable(self) -> bool:
        return self._writes

    def seekable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        data = self.ask("read", len(into), self._at)
        into[: len(data)] = data
        self._at += len(data)
        return len(data)

    def write(self, data: Any) -> int:
        self.ask("write", bytes(data))
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence)
        self._at = (self.ask("size") if base is None else base) + offset
        return self._at

    def tell(self) -> int:
        return cast(int, self.ask("size")) if self._writes else self._at

    def truncate(self, size: int | None = None) -> int:
        size = self.tell() if size is None else size
        self.ask("truncate", size)
        return size

    def close(self) -> None:
        if not self.closed:
            super().close()
            self.ask("close")
