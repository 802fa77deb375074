"""What the text of a setting says, by Flink's notations. Twin of src/config/values.ts.

Every parser gives None for what it cannot read. ``test/vectors/settings.json`` holds both languages to the same.
"""

from __future__ import annotations

import math
import re
from typing import Any

from .row import Row

# Not compiled here: most programs read no text, and none reads texts of every kind.
_INTEGER = "[+-]?[0-9]+"
_NUMBER = r"(?i)[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?"
_QUANTITY = r"(?i)([0-9]+)\s*([a-zµ]*)"
_ISO_DURATION = r"(?i)P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:[.,][0-9]{0,9})?)S)?)?"

#: Units in nanoseconds: whole numbers, so that the longest duration is exact.
_DURATIONS = {
    name: scale
    for scale, names in (
        (1, "ns nano nanos nanosecond nanoseconds"),
        (1_000, "us µs micro micros microsecond microseconds"),
        (1_000_000, "ms milli millis millisecond milliseconds"),
        (1_000_000_000, "s sec secs second seconds"),
        (60_000_000_000, "m min mins minute minutes"),
        (3_600_000_000_000, "h hour hours"),
        (86_400_000_000_000, "d day days"),
    )
    for name in names.split()
}
_SIZES = {
    name: 2 ** (10 * power)
    for power, names in enumerate(
        ("b bytes", "k kb kibibytes", "m mb mebibytes", "g gb gibibytes", "t tb tebibytes")
    )
    for name in names.split()
}


def parse_value(row: Row, text: str) -> Any:
    """The value of a text; None where it is none of the kind, or beyond the limits."""
    word = text.strip()
    value = _read(row, row.synonyms.get(word.lower(), word))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    fits = (row.least is None or value >= row.least) and (row.greatest is None or value <= row.greatest)
    return value if fits else None


def _read(row: Row, text: str) -> Any:
    kind = row.type
    if kind == "integer":
        return int(text) if re.fullmatch(_INTEGER, text) else None
    if kind == "number":
        return float(text) if re.fullmatch(_NUMBER, text) else None
    if kind == "boolean":
        return parse_boolean(text)
    if kind == "duration":
        return parse_duration_ms(text)
    if kind == "bytes":
        return parse_bytes(text)
    if kind == "choice":
        return next((choice for choice in row.choices if _loose(choice) == _loose(text)), None)
    if kind == "list":
        return parse_list(text, row.separator)
    if kind == "map":
        return parse_map(text)
    return text


def _loose(word: str) -> str:
    """As Flink compares the names of an enumeration."""
    return word.lower().replace("-", "_")


def parse_boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.strip().lower())


def parse_duration_ms(text: str) -> int | None:
    """Whole milliseconds of a duration, ``10 s`` or ISO-8601's ``PT10S``; a bare number is milliseconds."""
    found = re.fullmatch(_QUANTITY, text.strip())
    if found is None:
        return _iso_duration_ms(text.strip())
    unit = _DURATIONS.get(found[2].lower() or "ms")
    return None if unit is None else int(found[1]) * unit // 1_000_000


def _iso_duration_ms(text: str) -> int | None:
    found = re.fullmatch(_ISO_DURATION, text)
    if found is None or text[-1] in "PTpt":
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups()[:3])
    whole, _, fraction = (found[4] or "0").replace(",", ".").partition(".")
    return (((days * 24 + hours) * 60 + minutes) * 60 + int(whole)) * 1000 + int(fraction[:3].ljust(3, "0"))


def parse_bytes(text: str) -> int | None:
    """Bytes of a size, in binary units; a bare number is bytes."""
    found = re.fullmatch(_QUANTITY, text.strip())
    if found is None:
        return None
    unit = _SIZES.get(found[2].lower() or "b")
    return None if unit is None else int(found[1]) * unit


def parse_list(text: str, separator: str = ";") -> list[str] | None:
    """``a;b``, where quotes protect a separator, or ``[a, b]``; empty items do not count."""
    inner = _between(text, "[", "]")
    flow = inner is not None
    items = _split(text if inner is None else inner, "," if flow else separator, flow)
    return None if items is None else _unquoted_all(items, flow)


def parse_map(text: str) -> dict[str, str] | None:
    """``a:1,b:2``, where quotes protect separators, or ``{a: 1, b: 2}``."""
    inner = _between(text, "{", "}")
    flow = inner is not None
    entries = _split(text if inner is None else inner, ",", flow, ":")
    if entries is None:
        return None
    found: dict[str, str] = {}
    for entry in entries:
        # Flink quotes an entry as a whole, and name and value in it once more.
        whole = None if flow else _unquoted(entry, False)
        whole = entry if whole is None else whole
        at = _separators(whole, ":", flow)
        pair = _unquoted_all([whole[: at[0]], whole[at[0] + 1 :]], flow) if at else None
        if not pair or not pair[0]:
            return None
        found[pair[0]] = pair[1]
    return found


def _between(text: str, opening: str, closing: str) -> str | None:
    word = text.strip()
    return word[1:-1] if len(word) > 1 and word[0] == opening and word[-1] == closing else None


def _split(text: str, separator: str, flow: bool, also_behind: str | None = None) -> list[str] | None:
    """The parts between separators, trimmed and with their quotes, but for empty ones; None where a quote does not close."""
    at = _separators(text, separator, flow, also_behind)
    if at is None:
        return None
    parts = [text[start:end].strip() for start, end in zip([0, *(i + 1 for i in at)], [*at, len(text)])]
    return [part for part in parts if part]


def _separators(text: str, separator: str, flow: bool, also_behind: str | None = None) -> list[int] | None:
    """Where the separators outside of quotes are.

    A quote opens at the start of a part, and behind ``also_behind``. With brackets (``flow``), as YAML has it, a backslash in
    double quotes takes the character behind it along.
    """
    found: list[int] = []
    quote = ""
    opens = True
    i = 0
    while i < len(text):
        c = text[i]
        if quote:
            if flow and quote == '"' and c == "\\":
                i += 1
            elif c == quote:
                quote, opens = "", True  # A doubled quote closes and opens again.
        elif c == separator:
            found.append(i)
            opens = True
        elif opens and c in "'\"":
            quote = c
        elif not c.isspace():
            opens = c == also_behind
        i += 1
    return None if quote else found


def _unquoted_all(parts: list[str], flow: bool) -> list[str] | None:
    found = []
    for part in parts:
        plain = _unquoted(part, flow)
        if plain is None:
            return None
        found.append(plain)
    return found


def _unquoted(part: str, flow: bool) -> str | None:
    """With brackets, double quotes are as in JSON, and there are no further brackets within."""
    text = part.strip()
    quote = text[:1]
    if quote not in ("'", '"'):
        return None if flow and quote in ("[", "{") else text
    if len(text) < 2 or text[-1] != quote:
        return None
    if flow and quote == '"':
        import json

        try:
            return str(json.loads(text))
        except ValueError:
            return None
    pieces = text[1:-1].split(quote * 2)
    return None if any(quote in piece for piece in pieces) else quote.join(pieces)
