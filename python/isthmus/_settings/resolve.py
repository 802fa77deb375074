"""What texts of code say, where no runtime resolves them: harnesses, and the getters of an environment.

Twin of the parts of src/config/resolve.ts that need neither file nor environment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from .row import Row
from .table import ACCEPTED, ROWS
from .texts import map_text, text_of
from .values import parse_value

if TYPE_CHECKING:
    from .settings import Settings

_BY_KEY = {row.key: row for row in (*ROWS, *ACCEPTED)}
#: The key of today for one of before.
_RENAMED = {old: row.key for row in (*ROWS, *ACCEPTED) for old in row.alternatives}
_MAPS = tuple(row.key + "." for row in ROWS if row.type == "map")
_OURS = ("parallelism.", "pipeline.", "execution.", "restart-strategy.", "python.", "isthmus.", "state.")


def settings_of(config: Mapping[str, Any]) -> Settings:
    """What an operator reads, by the options of a test.

    Raises:
        ConfigurationError: A value does not fit, or a key in a namespace of ours is unknown.
    """
    from .settings import Settings

    for key in config:
        _check_known(key)
    for row in _BY_KEY.values():
        value_of(config, row.key)
    found: dict[str, Any] = {}
    for row in ROWS:
        if row.field is not None:
            found[row.field] = value_of(config, row.key)
    return Settings(**found)


def value_of(
    config: Mapping[str, Any], key: str, stronger: Sequence[tuple[str, Mapping[str, Any]]] = ()
) -> Any:
    """A setting, else its default: milliseconds, bytes, words; None where neither is said.

    Args:
        config: What code says.
        key: The key of today.
        stronger: Names of places and what they say, the strongest last.

    Raises:
        ConfigurationError: The value does not fit.
    """
    row = _BY_KEY[key]
    text = None
    where = "code"
    for place, said in (("code", config), *stronger):
        found = _said(said, row)
        if found is not None:
            text, where = found, place
    if text is None or (row.type == "string" and text == ""):
        return None if row.default is None else parse_value(row, row.default)
    value = parse_value(row, text)
    if value is None:
        raise ConfigurationError(f'{row.key} is "{text}" ({where}); it must be {_wanted(row)}.')
    return value


def _said(config: Mapping[str, Any], row: Row) -> str | None:
    """A key is stronger than those of before, and a map as a whole than its entries."""
    for key in (row.key, *row.alternatives):
        if config.get(key) is not None:
            return text_of(config[key])
    if row.type != "map":
        return None
    prefix = row.key + "."
    entries = {key[len(prefix) :]: text_of(config[key]) for key in config if key.startswith(prefix)}
    return map_text(entries) if entries else None


def _check_known(key: str) -> None:
    known = [*_BY_KEY, *_RENAMED]
    if key in known or key.startswith(_MAPS) or not key.startswith(_OURS):
        return
    import difflib

    near = difflib.get_close_matches(key, known, 1, 0.8)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ConfigurationError(f"Unknown option {key} (code).{hint}")


def _wanted(row: Row) -> str:
    if row.type == "choice":
        return f"one of {', '.join(row.choices)}"
    if row.type == "duration":
        return f"a duration such as 500 ms, 10 s or 2 min{_range(row)}"
    if row.type == "bytes":
        return f"a size such as 512 mb{_range(row)}"
    if row.type == "list":
        return f"a list such as a{row.separator}b or [a, b], with quotes that close"
    if row.type == "map":
        return "a map such as a:1,b:2 or {a: 1, b: 2}, with quotes that close"
    return f"a value of type {row.type}{_range(row)}"


def _range(row: Row) -> str:
    """The limits in words; empty where there are none that one would come across."""

    def shown(value: float) -> str:
        if row.type == "duration":
            return f"{int(value // 86_400_000)} d" if value >= 86_400_000 else f"{value} ms"
        if row.type == "bytes":
            for unit, name in ((2**20, "mb"), (2**10, "kb"), (1, "b")):
                if value >= unit:
                    return f"{int(value // unit)} {name}"
        return str(value)

    low = None if row.least is None or (row.least == 0 and row.type == "duration") else shown(row.least)
    words = [f" or {word}" for word in row.synonyms] if row.type == "integer" else []
    if row.greatest is None:
        return "" if low is None else f", {low} or more"
    high = shown(row.greatest)
    return (f", at most {high}" if low is None else f", from {low} to {high}") + "".join(words)
