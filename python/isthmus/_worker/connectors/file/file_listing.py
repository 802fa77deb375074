"""Which files a source reads. Twin of src/connectors/file/file-listing.ts.

Folders are searched recursively, in order of name. Hidden entries and those that begin with an underscore are left out,
as Flink does, unless named themselves; so are links that lead nowhere, or back.

L1. A path counts as the same however it is spelt (``./``, ``//``, ``..``, ``file:``). The first look finds it as often as it
    is named; a later one finds it once, and not what was found before.
L2. What vanishes while it is looked at is passed over; only a path that is not there at the first look is an error.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence

from ...._interfaces.source import Split, SplitEnumerator
from ....errors import GraphError
from ...machine.files import Files
from .disk_error import disk_error

#: Between a path and its number, where it is read more than once. No path has it.
_TURN = "\0"


class FileListing(SplitEnumerator):
    """A split for each file.

    Args:
        discover_ms: Look for new files so often.
    """

    def __init__(self, files: Files, paths: Sequence[str], discover_ms: int | None = None) -> None:
        self._files = files
        self._paths = [_normal(path) for path in paths]
        self.discover_ms = discover_ms

    def discover(self, is_first: bool) -> Iterator[Split]:
        """
        Raises:
            GraphError: A path does not exist, or a folder cannot be read.
        """
        times: Counter[str] = Counter()
        for path in self._found(is_first):
            times[path] += 1
            turn = times[path]
            if turn == 1 or is_first:  # L1
                yield Split(path if turn == 1 else f"{path}{_TURN}{turn}", path)

    def _found(self, is_first: bool) -> list[str]:
        found: list[str] = []
        for path in self._paths:
            try:
                info = self._files.stat(path)
            except OSError as e:
                raise disk_error(f"The input path {path} cannot be read", path, e) from e
            if info is None:
                if is_first:
                    raise GraphError(f"The input path {path} does not exist.")
            elif info.folder:
                self._walk(path, found, ())
            else:
                found.append(path)
        return found

    def _walk(self, folder: str, found: list[str], above: tuple[str, ...]) -> None:
        files = self._files
        try:
            itself = files.real_path(folder)
            entries = [] if itself in above else files.entries(folder)
        except (FileNotFoundError, NotADirectoryError):
            return  # L2
        except OSError as e:
            raise disk_error(f"The folder {folder} cannot be read", folder, e) from e
        for name, kind in sorted(entries):
            if name.startswith((".", "_")):
                continue
            path = os.path.join(folder, name)
            leads_to = self._of_link(path) if kind == "link" else kind
            if leads_to == "folder":
                self._walk(path, found, (*above, itself))
            elif leads_to is not None:
                found.append(path)

    def _of_link(self, path: str) -> str | None:
        try:
            info = self._files.stat(path)
        except OSError:  # Round and round.
            return None
        return None if info is None else "folder" if info.folder else "file"


def _normal(path: str) -> str:
    if path.startswith("file:"):
        from urllib.parse import unquote, urlparse

        path = unquote(urlparse(path).path)
    return os.path.abspath(path)
