"""What print and file sinks show (``test/vectors/formats.json``); ``test/text/format.test.ts`` is the twin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from described import from_description
from isthmus._text.format import file_formatter, formatter
from isthmus._types.coerce import coercer

_FORMATS = json.loads((Path(__file__).resolve().parents[2] / "vectors/formats.json").read_text("utf-8"))[
    "formats"
]


@pytest.mark.parametrize("kind", sorted({vector["type"]["kind"] for vector in _FORMATS}))
def test_texts(kind: str) -> None:
    for vector in _FORMATS:
        if vector["type"]["kind"] == kind:
            value: Any = from_description(vector["value"])
            coerce = coercer(vector["type"])
            if coerce is not None:
                (value,) = coerce([value])
            assert formatter(vector["type"])(value) == vector["print"]
            assert file_formatter(vector["type"])(value) == vector["file"]
