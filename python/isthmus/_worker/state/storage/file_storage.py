"""State in files of a folder, one for each snapshot of a subtask. Twin of ``src/state/storage/file-storage.ts``.

S1. A file is written under another name, synced, renamed, and its folder synced: under its own name it is whole.
S2. No file is ever written over, and nobody else may read one.
S3. A snapshot without state makes no file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import BinaryIO

from ...machine.files import Files
from .storage import Stored, check_whole, checksum_of, unusable
from .subtask_state import ChunkHandle

#: Behind the name of a file that is being written.
UNFINISHED = ".part"


class FileStorage:
    waits = True

    def __init__(self, files: Files, folder: str) -> None:
        self._files = files
        self._folder = folder

    def writer(self, name: str) -> FileWriter:
        return FileWriter(self._files, self._folder, name)

    def reader(self, files: Sequence[str]) -> FileReader:
        return FileReader(self._files, self._folder, files)


class FileWriter:
    def __init__(self, files: Files, folder: str, name: str) -> None:
        self._files = files
        self._folder = folder
        self._name = name
        self._path = os.path.join(folder, name)
        self._file: BinaryIO | None = None
        #: What is to be removed if it does not come to an end.
        self._left: str | None = None
        self._offset = 0

    def add(self, data: bytes) -> Stored:
        file = self._file
        if file is None:
            self._files.make_folder(self._folder, private=True)
            if self._files.stat(self._path) is not None:  # S2
                raise FileExistsError(f"the file {self._path} is there already")
            file = self._file = self._files.open(self._path + UNFINISHED, "private")
            self._left = self._path + UNFINISHED
        file.write(data)
        # A process that user code forks must have nothing of it to write once more.
        file.flush()
        stored = Stored(0, self._offset, checksum_of(data))
        self._offset += len(data)
        return stored

    def commit(self) -> list[str]:
        file = self._file
        if file is None:
            return []  # S3
        files = self._files
        files.sync(file)  # S1
        file.close()
        files.rename(self._path + UNFINISHED, self._path)
        self._left = self._path
        files.sync_folder(self._folder)
        self._left = None
        return [self._name]

    def discard(self) -> None:
        if self._left is not None and self._file is not None:
            # The disk may be one that takes nothing any more.
            with contextlib.suppress(OSError):
                self._file.close()
            with contextlib.suppress(OSError):
                self._files.remove(self._left)
            self._left = None


class FileReader:
    """Opens each file once."""

    def __init__(self, files: Files, folder: str, names: Sequence[str]) -> None:
        self._files = files
        self._folder = folder
        self._names = names
        self._open: dict[int, BinaryIO] = {}

    def read(self, handle: ChunkHandle, whose: str) -> bytes:
        name = self._names[handle.file] if handle.file < len(self._names) else ""
        path = os.path.join(self._folder, name)
        if not name or os.path.basename(name) != name:
            raise unusable(whose, f"is said to be in the file {path}, which is none of its folder.")
        try:
            file = self._open.get(handle.file)
            if file is None:
                file = self._open[handle.file] = self._files.open(path, "read")
            # A size that is not true must not make us allocate it.
            found = self._files.stat(path)
            there = max(0, (0 if found is None else found.size) - handle.offset)
            file.seek(handle.offset)
            data = file.read(min(handle.size, there))
        except FileNotFoundError:
            raise unusable(whose, f"is missing: there is no file {path}.") from None
        except OSError as e:
            raise unusable(whose, f"cannot be read from the file {path}: {e.strerror or e}.") from e
        check_whole(data, handle, whose, f"the file {path}")
        return data

    def close(self) -> None:
        for file in self._open.values():
            file.close()
        self._open.clear()
