"""A file that a sink writes, on its way to its name. Twin of ``src/connectors/file/part-file.ts``.

P1. ``.<name>.inprogress.<uuid>``: being written, and in no checkpoint. When its process is dead nobody will finish it, and
    the next sink that starts on the folder removes it (``unfinished_files.py``).
P2. ``.<name>.pending``: named by a checkpoint, be it whole or still open. It belongs to whoever goes on from there; nobody
    else touches it.
P3. ``<name>``: finished, and to be seen. A file gets there by being renamed, so nobody sees half of it.
P4. What a checkpoint names is on the disk when it is named, its folder entry included.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, BinaryIO, NamedTuple

from ....errors import GraphError
from ...machine.files import Files
from .disk_error import disk_error


class Place(NamedTuple):
    """Where the files of a sink are."""

    files: Files
    #: The sink's folder.
    base: str
    #: The end of names of this process's files (P1).
    writer: str


class PartFile:
    """Args:
    name: Below the sink's folder.
    pending: A checkpoint names it (P2).
    """

    def __init__(self, place: Place, bucket: str, name: str, now: int, pending: bool = False) -> None:
        self._place = place
        self.bucket, self.name = bucket, name
        self.created_ms = self.written_ms = now
        #: Of all that was written, whether or not it has left the buffer. Whoever writes to the file says so here.
        self.size = 0
        self.pending = pending
        self._on_disk = 0
        self._hidden = _hidden(place.base, name, "pending" if pending else f"inprogress.{place.writer}")
        self.file: BinaryIO

    @classmethod
    def begin(cls, place: Place, bucket: str, file: str, now: int, head: bytes) -> PartFile:
        """A new one.

        Args:
            head: What comes before all records.
        """
        part = cls(place, bucket, os.path.join(bucket, file), now)
        part.file = place.files.open(part._hidden, "write")
        part.file.write(head)
        part.size = len(head)
        return part

    @classmethod
    def resume(cls, place: Place, saved: dict[str, Any]) -> PartFile | None:
        """One that a checkpoint says was open, as it was then; None where a later checkpoint has finished it.

        Raises:
            GraphError: What the checkpoint names is gone.
        """
        files, size = place.files, saved["bytes"]
        part = cls(place, saved["bucket"], saved["name"], saved["createdMs"], pending=True)
        part.written_ms, part.size = saved["writtenMs"], size
        found = files.stat(part._hidden)
        if found is None:
            if files.stat(os.path.join(place.base, part.name)) is not None:
                return None
            raise _lost(part._hidden, "is gone", size)
        if found.size < size:
            raise _lost(part._hidden, f"has {found.size} bytes", size)
        part.file = files.open(part._hidden, "append")
        part.file.truncate(size)
        part.file.seek(size)
        return part

    def sync(self) -> None:
        """All of it is on the disk."""
        if self._on_disk < self.size:
            try:
                self._place.files.sync(self.file)
            except OSError as e:
                raise self.named(e) from e
        self._on_disk = self.size

    def named(self, error: OSError) -> OSError:
        """What goes wrong with an open file, the system says without its name."""
        return OSError(error.errno, error.strerror, self._hidden)

    def end(self) -> None:
        """Nothing follows."""
        self.sync()
        self.file.close()

    def stage(self) -> None:
        """A checkpoint is about to name it (P2)."""
        if not self.pending:
            to = _hidden(self._place.base, self.name, "pending")
            self._place.files.rename(self._hidden, to)
            self._hidden, self.pending = to, True

    def publish(self) -> None:
        """It gets its name, in a job that takes no checkpoints."""
        self._place.files.rename(self._hidden, os.path.join(self._place.base, self.name))

    def saved(self) -> dict[str, Any]:
        """What a checkpoint keeps of it while it is open."""
        return {
            "bucket": self.bucket,
            "name": self.name,
            "bytes": self.size,
            "createdMs": self.created_ms,
            "writtenMs": self.written_ms,
        }

    def drop(self) -> None:
        """Written no more by this process; removed where no checkpoint names it."""
        try:
            if not self.pending:
                self._place.files.remove(self._hidden)
        finally:
            try:
                self.file.close()
            except OSError:  # What its buffer held is wanted no more; on a full disk it cannot be written.
                pass


def publish_pending(files: Files, base: str, name: str) -> None:
    """A file of a checkpoint gets its name (P3); again, it has it already, or its reader has moved it."""
    hidden = _hidden(base, name, "pending")
    if files.stat(hidden) is not None:
        files.rename(hidden, os.path.join(base, name))


def remove_pending(files: Files, base: str, name: str) -> None:
    files.remove(_hidden(base, name, "pending"))


def sync_folders(files: Files, base: str, names: Iterable[str]) -> None:
    """Names in the folders of files are on the disk (P4), and those of the folders, up to the sink's."""
    folders = set()
    for name in names:
        below = os.path.dirname(name)
        folders.add(base)
        while below:
            folders.add(os.path.join(base, below))
            below = os.path.dirname(below)
    for folder in folders:
        files.sync_folder(folder)


def make_folder(files: Files, folder: str) -> None:
    """With those above it, and their names on the disk (P4)."""
    try:
        made, at = [], folder
        while files.stat(at) is None:
            at = os.path.dirname(at) or "."
            made.append(at)
        if made:
            files.make_folder(folder)
        for above in made:
            files.sync_folder(above)
    except OSError as e:
        raise disk_error(f"The output folder {folder} cannot be made", folder, e) from e


def _hidden(base: str, name: str, ending: str) -> str:
    folder, file = os.path.split(os.path.join(base, name))
    return os.path.join(folder, f".{file}.{ending}")


def _lost(path: str, what: str, size: int) -> GraphError:
    return GraphError(
        f"{path} {what}; the checkpoint that is restored has {size} bytes of it. Without them records would be missing: put "
        "the file back, or restore another checkpoint."
    )
