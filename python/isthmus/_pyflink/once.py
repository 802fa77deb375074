"""Remarks that are made once a program."""

from __future__ import annotations

import sys

_said: set[str] = set()


def warn_once(text: str) -> None:
    """Say something on stderr, once."""
    if text not in _said:
        _said.add(text)
        print(f"isthmus: {text}", file=sys.stderr)
