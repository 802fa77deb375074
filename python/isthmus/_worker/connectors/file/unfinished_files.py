"""Files that a sink has not finished: their hidden names say who writes them, so that those of the dead can be told.

A killed process removes nothing. The name of a hidden file ends in a UUID (version 8, RFC 9562, whose content is free) of
the process that writes it: its number, when it started, and where it runs (boot of the system and namespace of process
numbers). So a sink that starts on a folder knows of each such file in it:

  U1. Of this place, and no process of that number that started then: nobody will finish it. It is removed.
  U2. Of this place, and the process lives: it is at work. The file is left alone.
  U3. Of another place (another machine or container, or before the last boot): nobody here can know. It is reported.
  U4. Any other name: not ours, left alone.

Twin of ``src/connectors/file/unfinished-files.ts``.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

_HEX = "[0-9a-f]"
_NAME = re.compile(
    rf"\..+\.inprogress\.({_HEX}{{8}})-({_HEX}{{4}})-8({_HEX}{{3}})-8({_HEX}{{3}})-({_HEX}{{12}})"
)
#: Folders that are looked through.
_MOST_FOLDERS = 10_000


def writer_id() -> str:
    """The end of the names of this process's hidden files; a random one where a process cannot be told."""
    started, place = started_at(os.getpid()), place_of_processes()
    if started is None or place is None:
        import uuid

        return str(uuid.uuid4())
    low = f"{started >> 24 & 0xFFFF:04x}-8{started >> 12 & 0xFFF:03x}-8{started & 0xFFF:03x}"
    return f"{os.getpid():08x}-{low}-{place}"


def remove_left_behind(folder: str) -> None:
    """What is to be done with hidden files in and below ``folder`` when a sink starts there."""
    here = place_of_processes()
    if here is None:
        return
    removed, unknown = [], []
    for file, name in paths_below(folder):
        found = _NAME.fullmatch(name)
        if found is None:  # U4
            continue
        pid, high, middle, low, place = found.groups()
        if place != here:  # U3
            unknown.append(file)
        elif started_at(int(pid, 16)) != int(high + middle + low, 16):
            try:
                os.unlink(file)  # U1; else it is U2.
            except OSError:  # Another sink was faster, or it is not ours to remove.
                continue
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


def paths_below(folder: str) -> Iterator[tuple[str, str]]:
    """The files in and below a folder: paths, and names without their folders."""
    for path, _, names in islice(os.walk(folder), _MOST_FOLDERS):
        for name in names:
            yield os.path.join(path, name), name


def _files(files: list[str]) -> str:
    return f"{len(files)} unfinished file{'s' if len(files) > 1 else ''}"


def _some(files: list[str]) -> str:
    return ", ".join(files[:3]) + (", …" if len(files) > 3 else "")


def started_at(pid: int) -> int | None:
    """Clock ticks from the boot to the start of a process; None where there is none that runs."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19]) & 0xFFFFFFFFFF


@lru_cache
def place_of_processes() -> str | None:
    """Where process numbers mean the same; None where the system does not tell (it is no Linux)."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        return None
    return hashlib.sha256(f"{boot} {namespace}".encode()).hexdigest()[:12]
