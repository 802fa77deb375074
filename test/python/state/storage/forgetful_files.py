"""Files of a disk that loses its power: what was not synced is gone, and names whose folder was not."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from isthmus._worker.machine.files import FileStat


class _File(io.BytesIO):
    def __init__(self, node: dict[str, bytes], writes: bool) -> None:
        super().__init__(b"" if writes else node["now"])
        self.node, self.writes = node, writes

    def flush(self) -> None:
        if self.writes and not self.closed:
            self.node["now"] = self.getvalue()

    def close(self) -> None:
        self.flush()
        super().close()


class ForgetfulFiles:
    """``left(path)``: what is of a file after a loss of power; None where its name is gone."""

    def __init__(self) -> None:
        self._now: dict[str, dict[str, bytes]] = {}
        self._synced: dict[str, dict[str, bytes]] = {}

    def open(self, path: str, mode: str) -> BinaryIO:
        if mode == "private":
            assert path not in self._now
            self._now[path] = {"now": b"", "synced": b""}
        if path not in self._now:
            raise FileNotFoundError(path)
        return _File(self._now[path], mode == "private")

    def sync(self, file: Any) -> None:
        file.flush()
        file.node["synced"] = file.node["now"]

    def stat(self, path: str) -> FileStat | None:
        node = self._now.get(path)
        return None if node is None else FileStat(False, len(node["now"]), 0)

    def make_folder(self, folder: str, *, private: bool = False) -> None:
        assert private

    def rename(self, before: str, after: str) -> None:
        self._now[after] = self._now.pop(before)

    def remove(self, path: str) -> bool:
        return self._now.pop(path, None) is not None

    def sync_folder(self, folder: str) -> None:
        self._synced = dict(self._now)

    def left(self, path: str) -> bytes | None:
        node = self._synced.get(path)
        return None if node is None else node["synced"]

    @property
    def names(self) -> list[str]:
        return sorted(self._now)
