"""Which files a subtask reads. Twin of src/connectors/file/file-listing.ts.

Folders are searched recursively, in order of name. Hidden entries and those that begin with an underscore are left out,
as Flink does, unless named themselves; so are links that lead nowhere, or back.

L1. Subtasks list for themselves, each at its own moment, and may see different files. So to whom a file belongs follows from
    what all of them know: of a path that names a file its place among the paths, of a file in a folder a hash of its path.
L2. A path counts as the same however it is spelt (``./``, ``//``, ``..``, ``file:``), and is given out once for each
    time that the first look finds it.
L3. What vanishes while it is looked at is passed over; only a path that is not there at the first look is an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from ....errors import GraphError
from ...state.keys import key_group


class FileListing:
    def __init__(self, paths: Sequence[str], subtask: int, parallelism: int) -> None:
        self._paths = [_normal(path) for path in paths]
        self._subtask, self._parallelism = subtask, parallelism
        #: Own files that were given out.
        self.seen: set[str] = set()
        self._looked = False

    def look(self) -> list[str]:
        """Files of this subtask that no look before has found.

        Raises:
            GraphError: A path does not exist, or a folder cannot be read.
        """
        found: list[str] = []
        for turn, path in enumerate(self._paths):
            if os.path.isdir(path):
                try:
                    self._walk(path, found, ())
                except OSError as e:
                    raise GraphError(f"The folder {e.filename} cannot be read: {e.strerror}.") from e
            elif os.path.exists(path):
                if turn % self._parallelism == self._subtask:  # L1
                    found.append(path)
            elif not self._looked:
                raise GraphError(f"The input path {path} does not exist.")
        if self._looked:
            found = [path for path in dict.fromkeys(found) if path not in self.seen]
        self._looked = True
        self.seen.update(found)
        return found

    def resume(self, seen: Iterable[str]) -> None:
        """Go on where another listing was, which had given out ``seen``."""
        self.seen, self._looked = set(seen), True

    def _walk(self, folder: str, found: list[str], above: tuple[str, ...]) -> None:
        itself = os.path.realpath(folder)
        if itself in above:
            return
        try:
            names = sorted(os.listdir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return  # L3
        for name in names:
            path = os.path.join(folder, name)
            if name.startswith((".", "_")) or not os.path.exists(path):
                continue
            if os.path.isdir(path):
                self._walk(path, found, (*above, itself))
            elif subtask_of_path(path, self._parallelism) == self._subtask:
                found.append(path)


def subtask_of_path(path: str, parallelism: int) -> int:
    """To whom a file in a folder belongs."""
    return key_group(os.fsencode(path), parallelism)


def _normal(path: str) -> str:
    if path.startswith("file:"):
        from urllib.parse import unquote, urlparse

        path = unquote(urlparse(path).path)
    return os.path.abspath(path)
