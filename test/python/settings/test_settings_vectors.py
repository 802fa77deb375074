"""The notations of settings, by the vectors that test/config reads, too."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from isthmus._settings.resolve import settings_of
from isthmus._settings.settings import _FIELDS
from isthmus._settings.texts import map_text
from isthmus._settings.values import parse_boolean, parse_bytes, parse_duration_ms, parse_list, parse_map
from isthmus.errors import ConfigurationError

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/settings.json").read_text("utf-8"))
PARSERS = {
    "durations": parse_duration_ms,
    "sizes": parse_bytes,
    "booleans": parse_boolean,
    "lists": parse_list,
    "maps": parse_map,
}


@pytest.mark.parametrize(
    ("kind", "text", "value"), [(kind, *vector) for kind in PARSERS for vector in VECTORS[kind]]
)
def test_texts(kind: str, text: str, value: Any) -> None:
    parsed: Any = PARSERS[kind](text)
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize("values", VECTORS["mapTexts"])
def test_the_text_of_a_map_is_read_as_it(values: dict[str, str]) -> None:
    assert parse_map(map_text(values)) == values


@pytest.mark.parametrize("vector", VECTORS["told"], ids=lambda vector: str(vector["said"]))
def test_what_an_operator_is_told(vector: dict[str, Any]) -> None:
    told = {**VECTORS["told"][0]["settings"], **vector["settings"]}
    expected = {field: told.get(name) for name, field in _FIELDS.items()}
    assert asdict(settings_of(vector["said"])) == expected


@pytest.mark.parametrize(("said", "error"), VECTORS["refused"])
def test_what_is_refused(said: dict[str, str], error: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        settings_of(said)
    assert str(raised.value) == error
