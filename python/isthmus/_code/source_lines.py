"""Source text that only the program has: a notebook's cells, a REPL's input. Workers show lines of it in tracebacks.

- It travels with the functions whose code names it. No text that comes back (messages quote records, and records
  come from anywhere) is ever searched for names of files.
- Files are left out: workers read those themselves.
"""

from __future__ import annotations

import linecache
from types import CodeType
from typing import Any

#: Longer texts stay here; tracebacks then show no line of them.
_MAX_CHARS = 1 << 18


def own_source(code: CodeType) -> str | None:
    """The text that ``code`` was compiled from, where it is known to this process and in no file; else None."""
    entry: Any = linecache.cache.get(code.co_filename)
    # Of a file an entry has the time of its last change; one that only says how to load has two fields less.
    known = entry is not None and len(entry) == 4 and entry[1] is None
    text = "".join(entry[2] if known else _registered(code))
    return text if 0 < len(text) <= _MAX_CHARS else None


def _registered(code: CodeType) -> list[str]:
    """Python 3.13 and later keep what was typed by its code, not by its name."""
    find = getattr(linecache, "_getlines_from_code", None)
    return list(find(code)) if find is not None else []


def remember(sources: dict[str, str]) -> None:
    """Let tracebacks of this process show lines of ``sources``, by name; called by the worker."""
    for name, text in sources.items():
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
