"""Mirrors isthmus/_driver/source_lines.py."""

from __future__ import annotations

import linecache

from isthmus._driver.source_lines import with_source_lines


def test_frames_get_the_lines_that_they_lack(monkeypatch):
    cell = ["a = 1\n", "    b = 1 / 0  # here\n"]
    monkeypatch.setitem(linecache.cache, "<cell>", (9, None, cell, "<cell>"))
    text = (
        "Traceback (most recent call last):\n"
        '  File "<cell>", line 2, in f\n'
        '  File "<cell>", line 1, in g\n'
        "    a = 1, as the worker has it\n"
        '  File "<nowhere>", line 1, in h\n'
        '  File "<cell>", line 99, in i\n'
        "ZeroDivisionError: division by zero"
    )
    assert with_source_lines(text).split("\n") == [
        "Traceback (most recent call last):",
        '  File "<cell>", line 2, in f',
        "    b = 1 / 0  # here",
        '  File "<cell>", line 1, in g',
        "    a = 1, as the worker has it",
        '  File "<nowhere>", line 1, in h',
        '  File "<cell>", line 99, in i',
        "ZeroDivisionError: division by zero",
    ]
