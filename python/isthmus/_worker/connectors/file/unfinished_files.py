"""Files that a sink has not finished: their hidden names say who writes them, so that those of the dead can be told.

A killed process removes nothing. The name of a hidden file ends in the id of the process that writes it
(``_worker/machine/processes.py``). So a sink that starts on a folder knows of each such file in it:

  U1. Of a process that is gone: nobody will finish it. It is removed.
  U2. Of one that lives: it is at work. The file is left alone.
  U3. Of one that nobody here can know of (of another machine or container, or from before the last boot): it is reported.
  U4. Any other name: not ours, left alone.

Twin of ``src/connectors/file/unfinished-files.ts``.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator

from ...machine.files import Files, FolderEntry
from ...machine.processes import Processes

_NAME = re.compile(r"\..+\.inprogress\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
#: Folders that are looked through.
_MOST_FOLDERS = 10_000


def remove_left_behind(files: Files, processes: Processes, folder: str) -> None:
    """What is to be done with hidden files in and below ``folder`` when a sink starts there."""
    removed, unknown = [], []
    for file, name in paths_below(files, folder):
        found = _NAME.fullmatch(name)  # U4, where it is none.
        fate = None if found is None else processes.fate_of(found[1])
        if fate == "unknown":  # U3
            unknown.append(file)
        elif fate == "gone":
            try:
                was_there = files.remove(file)  # U1; else it is U2.
            except OSError:  # It is not ours to remove.
                continue
            if was_there:
                removed.append(file)
    logger = logging.getLogger("isthmus")
    if removed:
        logger.info("Removed %s of processes that are gone: %s", _files(removed), _some(removed))
    if unknown:
        logger.warning(
            "%s of another machine or container, or from before the last boot, may be left over: %s",
            _files(unknown).capitalize(),
            _some(unknown),
        )


def paths_below(files: Files, folder: str) -> Iterator[tuple[str, str]]:
    """The files in and below a folder: paths, and names without their folders."""
    folders = [folder]
    for number, current in enumerate(folders):
        if number == _MOST_FOLDERS:
            return
        for name, kind in _entries(files, current):
            path = os.path.join(current, name)
            if kind == "folder":
                folders.append(path)
            else:
                yield path, name


def _entries(files: Files, folder: str) -> list[FolderEntry]:
    try:
        return files.entries(folder)
    except OSError:  # It has gone meanwhile, or is not ours to read.
        return []


def _files(files: list[str]) -> str:
    return f"{len(files)} unfinished file{'s' if len(files) > 1 else ''}"


def _some(files: list[str]) -> str:
    return ", ".join(files[:3]) + (", …" if len(files) > 3 else "")
