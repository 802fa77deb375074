"""``docs/reference-python.md`` says what the docstrings say (``npm run docs``)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_docstrings_say():
    spec = importlib.util.spec_from_file_location("reference", _ROOT / "scripts" / "reference" / "python.py")
    assert spec is not None and spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    assert reference.page() == (_ROOT / "docs" / "reference-python.md").read_text(encoding="utf-8")
