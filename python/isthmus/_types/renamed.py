"""Rows of one type under the names of another: what ``union`` makes of streams whose rows differ in names only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..common.types import Row

Rename = Callable[[Any], Any]


class Renamed:
    """A map function; rows keep their kind, and the order of their fields."""

    def __init__(self, given: dict[str, Any], wanted: dict[str, Any]) -> None:
        self._rename = renamer(given, wanted)

    def map(self, value: Any) -> Any:
        return value if self._rename is None else self._rename(value)


def renamer(given: dict[str, Any], wanted: dict[str, Any]) -> Rename | None:
    """What gives the rows in a value of type ``given`` the names of ``wanted``, a type equal but for names; None where none differ."""
    kind = given["kind"]
    if kind == "ROW":
        return _row(given, wanted)
    if kind == "TUPLE":
        fields = [renamer(a, b) for a, b in zip(given["fields"], wanted["fields"])]
        if not any(fields):
            return None
        return lambda value: None if value is None else tuple(_each(fields, value))
    if kind == "MAP":
        key, item = renamer(given["key"], wanted["key"]), renamer(given["value"], wanted["value"])
        if key is None and item is None:
            return None
        return lambda value: (
            None if value is None else {_one(key, k): _one(item, v) for k, v in value.items()}
        )
    if "element" in given:
        element = renamer(given["element"], wanted["element"])
        return None if element is None else lambda value: value and [_one(element, item) for item in value]
    return None


def _row(given: dict[str, Any], wanted: dict[str, Any]) -> Rename | None:
    fields = [renamer(a, b) for a, b in zip(given["fields"], wanted["fields"])]
    if given["names"] == wanted["names"] and not any(fields):
        return None
    own, names = list(given["names"]), list(wanted["names"])

    def rename(value: Any) -> Any:
        if not isinstance(value, Row):
            return value  # None, or what the declared type will make a row of.
        made = Row(*_each(fields, value.get_fields_by_names(own)))
        if hasattr(value, "_fields"):
            made.set_field_names(names)
        made.set_row_kind(value.get_row_kind())
        return made

    return rename


def _each(renames: list[Rename | None], values: Any) -> list[Any]:
    return [_one(rename, value) for rename, value in zip(renames, values)]


def _one(rename: Rename | None, value: Any) -> Any:
    return value if rename is None else rename(value)
