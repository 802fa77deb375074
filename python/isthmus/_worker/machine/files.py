"""Files as a worker sees them. It opens none in another way, so a simulation can hand it files that tear, forget what was not
synced, or are full. Twin of ``src/machine/files.ts``.

What was written is there for good when the file has been synced; its name is when its folder has been, too. Errors are the
system's ``OSError``.
"""

from __future__ import annotations

import os
import stat
from typing import BinaryIO, Literal, NamedTuple, Protocol

#: ``write``: a file that is there is emptied. ``new``: it must not be there. ``private``: as ``new``, and nobody else may
#: read it. ``append``: what is there stays.
OpenMode = Literal["read", "write", "new", "private", "append"]


class FileStat(NamedTuple):
    folder: bool
    size: int
    modified_ms: float


class FolderEntry(NamedTuple):
    name: str
    kind: Literal["file", "folder", "link", "other"]


class Files(Protocol):
    def open(self, path: str, mode: OpenMode) -> BinaryIO:
        """A file with a buffer; ``sync`` takes it."""
        ...

    def sync(self, file: BinaryIO) -> None:
        """Return when what was written to it survives a loss of power."""
        ...

    def stat(self, path: str) -> FileStat | None:
        """Of what a link leads to; None where there is nothing."""
        ...

    def entries(self, folder: str) -> list[FolderEntry]:
        """In no order."""
        ...

    def real_path(self, path: str) -> str: ...

    def make_folder(self, folder: str, *, private: bool = False) -> None:
        """With those above it, where they are not there. Private: nobody else may look into it, whatever the umask."""
        ...

    def make_temporary_folder(self, prefix: str, within: str | None = None) -> str:
        """A new one with a name of its own, in ``within`` or where temporary files go."""
        ...

    def rename(self, before: str, after: str) -> None:
        """In place of what has that name."""
        ...

    def remove(self, path: str) -> bool:
        """A file or an empty folder; False where there was none."""
        ...

    def remove_folder(self, folder: str) -> None:
        """A folder with all that is in it, if it is there."""
        ...

    def sync_folder(self, folder: str) -> None:
        """Return when the names in it survive a loss of power."""
        ...


_MODES: dict[OpenMode, Literal["rb", "wb", "xb", "ab"]] = {
    "read": "rb",
    "write": "wb",
    "new": "xb",
    "private": "xb",
    "append": "ab",
}
_BUFFER = 1 << 16


class SystemFiles:
    """Those of the system."""

    def open(self, path: str, mode: OpenMode) -> BinaryIO:
        opener = _open_private if mode == "private" else None
        return open(path, _MODES[mode], buffering=_BUFFER, opener=opener)

    def sync(self, file: BinaryIO) -> None:
        file.flush()
        os.fsync(file.fileno())

    def stat(self, path: str) -> FileStat | None:
        try:
            found = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return FileStat(stat.S_ISDIR(found.st_mode), found.st_size, found.st_mtime_ns / 1_000_000)

    def entries(self, folder: str) -> list[FolderEntry]:
        with os.scandir(folder) as found:
            return [FolderEntry(entry.name, _kind(entry)) for entry in found]

    def real_path(self, path: str) -> str:
        return os.path.realpath(path)

    def make_folder(self, folder: str, *, private: bool = False) -> None:
        os.makedirs(folder, exist_ok=True)
        if private:
            os.chmod(folder, 0o700)

    def make_temporary_folder(self, prefix: str, within: str | None = None) -> str:
        import tempfile  # As below: what few jobs want, no worker waits for.

        return tempfile.mkdtemp(prefix=prefix, dir=within)

    def rename(self, before: str, after: str) -> None:
        os.replace(before, after)

    def remove(self, path: str) -> bool:
        try:
            os.unlink(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except (IsADirectoryError, PermissionError):  # Linux says the one of a folder, others the other.
            if not os.path.isdir(path):
                raise
            os.rmdir(path)
        return True

    def remove_folder(self, folder: str) -> None:
        import shutil

        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            pass

    def sync_folder(self, folder: str) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _kind(entry: os.DirEntry[str]) -> Literal["file", "folder", "link", "other"]:
    if entry.is_symlink():
        return "link"
    if entry.is_dir():
        return "folder"
    return "file" if entry.is_file() else "other"
