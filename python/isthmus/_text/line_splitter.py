"""Blocks of bytes to lines of text. Twin of src/text/line-splitter.ts.

Lines end at ``\\n``, ``\\r\\n`` or a lone ``\\r``, as Flink's do; the last one needs no end. Blocks may be cut anywhere.

S1. Bytes are looked through for the line feed as the charset writes it, at multiples of its length: in UTF-16 the byte 0x0a
    is half of many characters.
S2. Only whole lines are decoded, so that no character is cut, and the position is where a line begins.
"""

from __future__ import annotations

import codecs

#: By charset: what a file is in that begins with a byte order mark, and what it is in without one. As Java does: the high
#: byte is first unless something says otherwise, and in UTF-16 of a named byte order a mark is a character as any other.
_UTF_32_LE = {codecs.BOM_UTF32_LE: "utf-32-le"}
_UTF_32_BE = {codecs.BOM_UTF32_BE: "utf-32-be"}
_MARKED: dict[str, tuple[dict[bytes, str], str]] = {
    "utf-8-sig": ({codecs.BOM_UTF8: "utf-8"}, "utf-8"),
    "utf-16": ({codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}, "utf-16-be"),
    "utf-32": (_UTF_32_LE | _UTF_32_BE, "utf-32-be"),
    "utf-32-be": (_UTF_32_BE, "utf-32-be"),
    "utf-32-le": (_UTF_32_LE, "utf-32-le"),
}
#: Of the longest mark.
MARK_BYTES = 4


def settled(charset: str, head: bytes) -> tuple[str, int]:
    """The charset of a file that begins with ``head``, its byte order known, and how long its byte order mark is."""
    name = codecs.lookup(charset).name
    marks, unmarked = _MARKED.get(name, ({}, name))
    for mark, marked in marks.items():
        if head.startswith(mark):
            return marked, len(mark)
    return unmarked, 0


class LineSplitter:
    """``charset``: one whose byte order is known (``settled``)."""

    def __init__(self, charset: str, offset: int = 0) -> None:
        #: Of the first byte after the lines given out so far.
        self.offset = offset
        self._charset = charset
        self._line_feed = "\n".encode(charset)
        #: The begin of a line, in blocks: one of many blocks is put together once.
        self._rest: list[bytes] = []
        self._rest_bytes = 0
        #: Bytes of a unit that was cut.
        self._cut = b""

    def push(self, block: bytes) -> list[str]:
        """The lines that end in ``block``."""
        width = len(self._line_feed)
        if width > 1:
            block = self._cut + block
            whole = len(block) - len(block) % width
            block, self._cut = block[:whole], block[whole:]
        at = self._last_line_feed(block)
        if at < 0:
            self._keep(block)
            return []
        whole_lines = b"".join([*self._rest, block[:at]]) if self._rest else block[:at]
        lines = self._decode(whole_lines)
        self.offset += self._rest_bytes + at + width  # S2
        self._rest, self._rest_bytes = [], 0
        self._keep(block[at + width :])
        return lines

    def end(self) -> list[str]:
        """The last line, if it has no line feed."""
        self._keep(self._cut)
        if not self._rest:
            return []
        lines = self._decode(b"".join(self._rest))
        self.offset += self._rest_bytes
        self._rest, self._rest_bytes, self._cut = [], 0, b""
        return lines

    def _last_line_feed(self, block: bytes) -> int:
        width = len(self._line_feed)
        at = block.rfind(self._line_feed)
        while at % width and at >= 0:  # S1
            at = block.rfind(self._line_feed, 0, at + width - 1)
        return at

    def _keep(self, block: bytes) -> None:
        if block:
            self._rest.append(block)
            self._rest_bytes += len(block)

    def _decode(self, whole: bytes) -> list[str]:
        # One decode for the block, not one a line.
        text = whole.decode(self._charset)
        if "\r" in text:
            # At the end stands the first half of the line break that was cut off, or the end of the last line.
            text = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
        return text.split("\n")
