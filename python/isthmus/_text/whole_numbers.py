"""Whole numbers in texts of rows: what a column of so many bits cannot hold is neither read nor written."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

#: By the kind of a type; None has no bounds.
BITS: dict[str, int | None] = {"BYTE": 8, "SHORT": 16, "INT": 32, "LONG": 64, "BIG_INT": None}


def check_range(value: int, bits: int | None) -> int:
    """
    Raises:
        ValueError: The value is out of range.
    """
    if bits is not None and not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise ValueError(f"'{value}' is out of the range of an integer of {bits} bits")
    return value


def whole_form(bits: int | None) -> Callable[[Any], str]:
    """What writes whole numbers; it raises TypeError for what is none, or too large."""

    def form(value: Any) -> str:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise TypeError(f"a whole number is needed, it is a {type(value).__name__}")
        try:
            return str(check_range(operator.index(value), bits))
        except ValueError as e:
            raise TypeError(str(e)) from None

    return form
