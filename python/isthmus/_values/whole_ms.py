"""Times as the user's functions give them."""

from __future__ import annotations

from operator import index
from typing import Any

#: Java's Long.
LEAST_MS, GREATEST_MS = -(1 << 63), (1 << 63) - 1


def whole_ms(time: Any, what: str) -> int:
    """An int of a kind of its own (NumPy's, say) as a plain one; anything else would fail where nobody knows why."""
    try:
        ms = index(time)
    except TypeError:
        raise TypeError(
            f"{what} is a whole number of milliseconds, not {time!r} ({type(time).__name__}); "
            "write int(seconds * 1000) for seconds."
        ) from None
    if not LEAST_MS <= ms <= GREATEST_MS:
        raise ValueError(f"{what} is a number of milliseconds in 64 bits, not {ms}.")
    return ms
