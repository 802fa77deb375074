"""Charsets of text, by the names that Java and Python have for them."""

from __future__ import annotations

import codecs
from typing import Any


def known_charset(name: Any) -> str:
    """Python's name of a charset, if it knows one of text.

    Raises:
        ValueError: It does not.
    """
    try:
        "\n".encode(name)
        return codecs.lookup(name).name
    except (LookupError, TypeError, UnicodeError):
        raise ValueError(f"There is no charset {name!r}; name one such as UTF-8 or ISO-8859-1.") from None


def written(charset: str) -> tuple[bytes, str]:
    """How a file is written: the byte order mark that it begins with, and the charset that writes none. As Java does."""
    name = codecs.lookup(charset).name
    marked = {
        "utf-16": (codecs.BOM_UTF16_BE, "utf-16-be"),
        "utf-32": (b"", "utf-32-be"),
        "utf-8-sig": (codecs.BOM_UTF8, "utf-8"),
    }
    return marked.get(name, (b"", name))
