"""Which of the program's modules this process has imported, and what their files were like then.

A warm worker, and what was found out about a function, are good as long as none of these files has changed. What is
installed is left out: the standard library, site-packages, Isthmus itself.
"""

from __future__ import annotations

import os
import sys
import time
from types import ModuleType
from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
#: Times of change are those of a coarser clock, which is behind by so much.
_BEHIND_NS = 10_000_000
#: No file is like this: one that may have changed while it was being read.
_UNKNOWN = "unknown"


class Imported:
    """Follows ``sys.modules`` from one look to the next."""

    def __init__(self) -> None:
        #: By name, so that a module that another takes the place of is seen.
        self._seen: dict[str, ModuleType] = {}
        self._files: dict[str, str] = {}
        self._looked_ns = 0
        self.look()
        self._files.clear()

    def look(self) -> bool:
        """Note what was imported since; returns whether there is anything new."""
        since, self._looked_ns = self._looked_ns, time.time_ns()
        seen, new = self._seen, False
        for name, module in list(sys.modules.items()):
            if seen.get(name) is module or not isinstance(module, ModuleType):
                continue
            seen[name] = module
            path = None if name == "__main__" else _file_of(module)
            if path is None:
                continue
            # It was imported after the last look; if it was changed after that look, too, nobody knows which came first.
            self._files[path] = _UNKNOWN if _changed_ns(path) > since - _BEHIND_NS else stamp_of(path)
            new = True
        return new

    @property
    def files(self) -> list[list[str]]:
        """Pairs of path and stamp."""
        return [[path, stamp] for path, stamp in self._files.items()]


def _file_of(module: ModuleType) -> str | None:
    # Not by getattr: a module may load itself, or others, when it is asked for what it has not.
    known: dict[str, Any] = ModuleType.__getattribute__(module, "__dict__")
    file = known.get("__file__")
    if not isinstance(file, str):
        return None
    path = os.path.abspath(file)
    if path.startswith((_PACKAGE, _STANDARD_LIBRARY)) or any(part in path for part in _INSTALLED):
        return None
    archive = getattr(known.get("__loader__"), "archive", None)
    return archive if isinstance(archive, str) else path


def stamp_of(path: str) -> str:
    """What tells that a file has changed; the same text as ``stampOf`` of ``src/bridge/imported-files.ts`` gives."""
    try:
        stat = os.stat(path)
    except OSError:
        return "none"
    return f"{stat.st_mtime_ns}-{stat.st_size}-{stat.st_ino}"


def _changed_ns(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
