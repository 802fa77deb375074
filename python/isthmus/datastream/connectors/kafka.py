"""PyFlink's kafka connector: its names can be imported; using one says that it is not there yet."""

from __future__ import annotations

from typing import Any

from ..._lazy import lazy_names
from . import _ABSENT


def __getattr__(name: str) -> Any:
    return lazy_names(__name__, globals(), {}, _ABSENT, name)
