"""What values are as texts. Light: every program imports this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text_of(value: Any) -> str:
    """As ``-D`` would say it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return map_text({str(name): text_of(one) for name, one in value.items()})
    if isinstance(value, (list, tuple)):
        import json

        return json.dumps([text_of(item) for item in value], ensure_ascii=False)
    return str(value)


def map_text(values: Mapping[str, str]) -> str:
    """What a text is that ``parse_map`` reads as this map."""
    return ",".join(
        _quoted(f"{_quoted(name, _IN_NAMES)}:{_quoted(value, _IN_VALUES)}", _IN_ENTRIES)
        for name, value in values.items()
    )


_IN_NAMES = ":'\"{"
_IN_VALUES = ":'\""
_IN_ENTRIES = ",'\""


def _quoted(text: str, special: str) -> str:
    plain = text == text.strip() and not any(c in text for c in special)
    return text if plain else "'" + text.replace("'", "''") + "'"
