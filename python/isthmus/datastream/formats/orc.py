"""PyFlink's Orc format, which Isthmus does not have (yet): its names can be imported, not used."""

from __future__ import annotations

from typing import Any

from ..._pyflink.lazy import lazy_names

_ABSENT = ("OrcBulkWriters",)


def __getattr__(name: str) -> Any:
    return lazy_names(__name__, globals(), {}, _ABSENT, name)
