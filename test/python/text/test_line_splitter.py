"""Blocks of bytes to lines, in every charset, however the blocks are cut."""

from __future__ import annotations

import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isthmus._text.line_splitter import LineSplitter, settled

CHARSETS = [
    "utf-8",
    "latin-1",
    "utf-16-le",
    "utf-16-be",
    "utf-32-le",
    "utf-32-be",
    "cp037",
    "shift_jis",
    "gb18030",
]
#: U+0A0A, U+0A00 and U+010A have the byte of a line feed at either end.
PARTS = ["a", "\n", "\r\n", "\r", "", "\u0a0a", "\u0a00", "\u010a", "é", "漢", "😀"]


def lines_of(charset, data, sizes):
    splitter = LineSplitter(charset)
    lines, at = [], 0
    for size in [*sizes, len(data)]:
        block = data[at : at + size]
        at += len(block)
        if block:
            lines += splitter.push(block)
            done = data[: splitter.offset].decode(charset)  # No character is cut.
            assert done == "" or done.endswith("\n")
    lines += splitter.end()
    assert splitter.offset == len(data)
    return lines


@pytest.mark.parametrize("charset", CHARSETS)
@given(st.lists(st.sampled_from(PARTS), max_size=30), st.lists(st.integers(1, 7), max_size=40))
def test_lines_do_not_depend_on_where_blocks_are_cut(charset, parts, sizes):
    data = "".join(parts).encode(charset, "ignore")
    text = data.decode(charset)
    expected = re.split(r"\r\n|\r|\n", text)
    if expected[-1] == "":
        expected.pop()
    assert lines_of(charset, data, sizes) == expected


@pytest.mark.parametrize(
    ("charset", "head", "found"),
    [
        ("UTF-16", codecs.BOM_UTF16_LE, ("utf-16-le", 2)),
        ("UTF-16", codecs.BOM_UTF16_BE, ("utf-16-be", 2)),
        ("UTF-16", b"\0a", ("utf-16-be", 0)),
        ("UTF-16LE", codecs.BOM_UTF16_LE, ("utf-16-le", 0)),  # Java gives the mark as a character.
        ("UTF-32", codecs.BOM_UTF32_LE, ("utf-32-le", 4)),
        ("UTF-32LE", codecs.BOM_UTF32_LE, ("utf-32-le", 4)),
        ("UTF-32", b"", ("utf-32-be", 0)),
        ("UTF-8", codecs.BOM_UTF8, ("utf-8", 0)),
        ("utf-8-sig", codecs.BOM_UTF8, ("utf-8", 3)),
    ],
)
def test_the_byte_order_is_that_of_the_mark_and_without_one_that_of_java(charset, head, found):
    assert settled(charset, head) == found
