"""What an operator's windows, bounds and limits are, as errors say it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from isthmus._program.settings_text import settings_text

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "settings-text.json").read_text())


@pytest.mark.parametrize(("params", "words"), VECTORS["cases"])
def test_settings_in_words(params: dict[str, Any], words: str | None) -> None:
    assert settings_text(params) == words
