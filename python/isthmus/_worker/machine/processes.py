"""Which processes there are, as names of files say who writes them. Twin of ``src/machine/processes.ts`` and
``system-processes.ts``.

The id of a process of the system is a UUID (version 8, RFC 9562, whose content is free) of its number, when it started, and where
it runs (boot of the system and namespace of process numbers).
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from typing import Literal, Protocol

#: What has become of a process: ``unknown`` of one of another machine or container, or of before the last boot, which nobody
#: here can know of.
Fate = Literal["lives", "gone", "unknown"]

_HEX = "[0-9a-f]"
_ID = re.compile(rf"({_HEX}{{8}})-({_HEX}{{4}})-8({_HEX}{{3}})-8({_HEX}{{3}})-({_HEX}{{12}})")


class Processes(Protocol):
    def own(self) -> str:
        """By this others know this process: a UUID."""
        ...

    def fate_of(self, id: str) -> Fate | None:
        """None where it is that of no process."""
        ...


class SystemProcesses:
    """Those of the system."""

    def own(self) -> str:
        started, place = started_at(os.getpid()), place_of_processes()
        if started is None or place is None:  # A process cannot be told.
            import uuid

            return str(uuid.uuid4())
        low = f"{started >> 24 & 0xFFFF:04x}-8{started >> 12 & 0xFFF:03x}-8{started & 0xFFF:03x}"
        return f"{os.getpid():08x}-{low}-{place}"

    def fate_of(self, id: str) -> Fate | None:
        here, found = place_of_processes(), _ID.fullmatch(id)
        if here is None or found is None:
            return None
        pid, high, middle, low, place = found.groups()
        if place != here:
            return "unknown"
        return "lives" if started_at(int(pid, 16)) == int(high + middle + low, 16) else "gone"


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
