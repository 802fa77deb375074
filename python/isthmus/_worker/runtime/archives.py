"""Archives of the program (``add_python_archive``), unpacked for the functions of a worker.

Functions read them by paths relative to the working directory, so the folder that holds them becomes it.

  A1. The folder goes when the job ends. What a worker that was killed left is removed by the next one that unpacks any: a
      lock in the folder, held as long as its worker lives, tells which those are.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile

from ...errors import ConfigurationError
from .unpacking import ArchiveError, unpack

_PREFIX = "isthmus-archives-"
_LOCK = ".isthmus-lock"

#: Of the job at hand: the working directory before, the folder, its lock.
_entered: list[tuple[str, str, int]] = []


def enter(archives: list[tuple[str, str]]) -> None:
    """Unpack the archives, each into a folder of its target name, and go where they are.

    Raises:
        ConfigurationError: An archive is not there, is broken, or would leave its folder; its path is in the text.
    """
    _remove_abandoned()
    folder = tempfile.mkdtemp(prefix=_PREFIX)
    lock = os.open(os.path.join(folder, _LOCK), os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    _entered.append((os.getcwd(), folder, lock))
    for path, target in archives:
        try:
            unpack(path, _folder_of(target, folder))
        except (OSError, ArchiveError) as e:
            raise ConfigurationError(
                f"The archive {path!r} of add_python_archive cannot be unpacked: {e}"
            ) from e
    os.chdir(folder)


def _folder_of(target: str, folder: str) -> str:
    path = os.path.normpath(os.path.join(folder, target))
    if os.path.commonpath([path, folder]) != folder:
        raise ArchiveError(f"its target {target!r} leads out of the folder of archives")
    return path


def leave() -> None:
    """Go back, and remove the folder; without one there is nothing to do."""
    while _entered:
        before, folder, lock = _entered.pop()
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _remove_abandoned() -> None:
    """A1"""
    around = tempfile.gettempdir()
    for name in os.listdir(around):
        if not name.startswith(_PREFIX):
            continue
        folder = os.path.join(around, name)
        try:
            lock = os.open(os.path.join(folder, _LOCK), os.O_RDWR)
        except OSError:  # Just being made, or somebody else's.
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # Its worker lives.
            pass
        finally:
            os.close(lock)
