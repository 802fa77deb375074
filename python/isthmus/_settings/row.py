"""A row of the table of settings, twin of ``SettingRow`` in src/config/table.ts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_NONE: Mapping[str, str] = MappingProxyType({})


class Row(NamedTuple):
    key: str
    type: str
    #: As a user would write it; None: unset.
    default: str | None = None
    #: The field of ``Settings``, where workers are told.
    field: str | None = None
    #: Of a choice.
    choices: tuple[str, ...] = ()
    #: Other words for some values.
    synonyms: Mapping[str, str] = _NONE
    #: Of a list, beside the form ``[a, b]``; Flink's is ``;``.
    separator: str = ";"
    #: Of numbers, durations (milliseconds) and sizes (bytes): the values that make sense.
    least: float | None = None
    greatest: float | None = None
    #: Keys that Flink had for it before.
    alternatives: tuple[str, ...] = ()
