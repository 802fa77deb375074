"""Mirrors isthmus/_code/source_lines.py."""

from __future__ import annotations

import linecache

from isthmus._code.source_lines import own_source, remember


def test_text_that_no_file_has_is_found_by_the_code(monkeypatch):
    cell = ["def f():\n", "    return 1\n"]
    monkeypatch.setitem(linecache.cache, "<cell>", (9, None, cell, "<cell>"))
    names: dict = {}
    exec(compile("".join(cell), "<cell>", "exec"), names)
    assert own_source(names["f"].__code__) == "".join(cell)


def test_text_of_files_and_unknown_code_is_left_out():
    linecache.getlines(__file__)
    assert own_source(test_text_of_files_and_unknown_code_is_left_out.__code__) is None
    assert own_source(compile("1", "<nowhere>", "eval")) is None


def test_remembered_text_is_shown(monkeypatch):
    monkeypatch.setattr(linecache, "cache", {})
    remember({"<cell>": "a = 1\nb = 2\n"})
    linecache.checkcache("<cell>")
    assert linecache.getline("<cell>", 2) == "b = 2\n"
