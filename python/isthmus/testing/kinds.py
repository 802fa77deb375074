"""Which operator runs a function."""

from __future__ import annotations

from typing import Any

from .._program.kinds import telling_kinds


def kind_of(function: Any) -> str:
    """The operator kind of a function object.

    Raises:
        TypeError: It could be several: say ``kind``.
    """
    for kind, part in telling_kinds():
        has = [callable(getattr(function, method, None)) for method in part.methods]
        if all(has) if part.all else any(has):
            return kind
    raise TypeError(
        f"Which operator is to run {function!r}? Say it: kind='map', 'filter', 'flat_map', "
        "'reduce', 'process' …"
    )
