"""Lines of code that only the program has, for what workers say of a failure: those of a notebook's cells, of a REPL."""

from __future__ import annotations

import linecache
import re

_FRAME = re.compile(r'\s*File "(?P<file>.+)", line (?P<line>\d+), in ')


def with_source_lines(text: str) -> str:
    """The text of a traceback with the lines that its frames lack, as far as this process has them."""
    lines = text.split("\n")
    shown: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""]):
        shown.append(line)
        frame = _FRAME.match(line)
        if frame is None or following.startswith("    "):
            continue
        source = linecache.getline(frame["file"], int(frame["line"])).strip()
        if source:
            shown.append(f"    {source}")
    return "\n".join(shown)
