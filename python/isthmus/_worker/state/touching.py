"""A dict that tells of its keys before what is under them may change: for keys that nobody else tells of."""

from __future__ import annotations

from typing import Any

from ..._values.keep import fixed
from .changes import Touch

_NOTHING: Any = object()


class TouchingDict(dict[Any, Any]):
    """What is got out of it and can be changed in place may be changed."""

    def __init__(self, touch: Touch) -> None:
        super().__init__()
        self._touch = touch

    def get(self, key: Any, default: Any = None) -> Any:
        value = super().get(key, _NOTHING)
        if value is _NOTHING:
            return default
        if not fixed(value):
            self._touch((key,))
        return value

    def __getitem__(self, key: Any) -> Any:
        value = super().__getitem__(key)
        if not fixed(value):
            self._touch((key,))
        return value

    def __setitem__(self, key: Any, value: Any) -> None:
        self._touch((key,))
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        self._touch((key,))
        super().__delitem__(key)

    def pop(self, key: Any, *default: Any) -> Any:
        self._touch((key,))
        return super().pop(key, *default)
