"""``docs/reference-python.md`` says what the docstrings say (``npm run docs``)."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_docstrings_say():
    spec = importlib.util.spec_from_file_location("reference", _ROOT / "scripts" / "reference" / "python.py")
    assert spec is not None and spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    page = reference.page()
    assert page == (_ROOT / "docs" / "reference-python.md").read_text(encoding="utf-8")
    # Behind a heading stands what the name is.
    assert re.findall(r"^### (.*)\n\n(?:- |###)", page, re.MULTILINE) == []
