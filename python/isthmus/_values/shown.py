"""Values and exceptions of the user as text, for reports: bounded while it is made, and never raising.

S1. No more than about ``limit`` characters are ever put together, however large, deep or shared a value is.
S2. Text that user code makes (``__repr__``, ``__str__``) is waited for ``PATIENCE_S`` altogether.
S3. Where the whole fits, it is exactly what ``repr`` gives.
"""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

from ..common.types import Row
from .in_time import TookTooLong, in_time
from .raised import ANYTHING

#: Seconds that the text of one value may take.
PATIENCE_S = 0.5
#: A container in more than this many others is not looked into.
_MAX_DEPTH = 100

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: Types whose ``repr`` is short, quick and ours or Python's own.
_PLAIN: frozenset[Any] = frozenset((type(None), bool, float, complex, range, type(...)))


def clip(text: str, limit: int = 1000) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable(text: str) -> str:
    """Text for a terminal: what would move its cursor or change its colours shows as an escape. Lines stay lines."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


def safe_repr(value: Any, limit: int = 1000) -> str:
    """``repr(value)``, cut at ``limit`` characters; what raises or takes too long is named instead."""
    shown = _Shown(limit)
    try:
        shown.add(value, 0)
    except _Full:
        pass
    except ANYTHING as e:  # Changed by another thread meanwhile, say.
        shown.parts.append(_broken(value, "repr", e))
    return clip(printable("".join(shown.parts)), limit)


def safe_str(error: BaseException, limit: int = 4000) -> str:
    """The text of an exception, cut at ``limit`` characters; what raises or takes too long is named instead."""
    try:
        if type(error).__str__ is BaseException.__str__:
            # That of several arguments is the repr of them all, that of one its text.
            args = error.args
            if len(args) > 1:
                return safe_repr(args, limit)
            if all(type(arg) is str for arg in args):
                return clip(str(error), limit)
            if type(args[0]).__str__ is object.__str__:  # type: ignore[comparison-overlap]
                return safe_repr(args[0], limit)
        return clip(_text_of(in_time(lambda: str(error), PATIENCE_S)), limit)
    except ANYTHING as e:
        return _broken(error, "str", e)


def type_name(value: Any) -> str:
    """The name of its type; metaclasses may have a word in it."""
    try:
        name = type(value).__name__
        return name if type(name) is str else "object"
    except ANYTHING:
        return "object"


def _broken(value: Any, what: str, error: BaseException) -> str:
    if isinstance(error, TookTooLong):
        return f"<{type_name(value)} whose {what} takes too long>"
    return f"<{type_name(value)} whose {what} raised {type_name(error)}>"


def _text_of(text: Any) -> str:
    """As a plain string: subclasses of ``str`` bring methods of their own."""
    return text if type(text) is str else str.__str__(text)


class _Full(Exception):
    """There is as much text as is wanted (S1)."""


class _Shown:
    def __init__(self, limit: int) -> None:
        self.parts: list[str] = []
        self._left = limit
        self._limit = limit
        #: Containers that are being shown, by identity.
        self._within: set[int] = set()
        self._until = monotonic() + PATIENCE_S

    def add(self, value: Any, depth: int) -> None:
        kind = type(value)
        if kind is str or kind is bytes:
            # More than fits is not turned into text at all.
            self._put(repr(value[: self._limit + 1]))
        elif kind is bytearray:
            self._put(f"bytearray({bytes(value[: self._limit + 1])!r})")
        elif kind is int:
            self._put(repr(value) if value.bit_length() <= 4 * self._limit else _many_digits(value))
        elif kind in _PLAIN:
            self._put(repr(value))
        else:
            parts = _parts_of(kind)  # S3
            if parts is None:
                self._put(self._made_by_user(value))
            else:
                self._add_container(value, depth, parts)

    def _add_container(self, value: Any, depth: int, parts: _Parts) -> None:
        if id(value) in self._within:
            self._put(parts.again)
            return
        if depth >= _MAX_DEPTH:
            self._put("…")
            return
        self._within.add(id(value))
        try:
            before, after, items = parts.of(value)
            self._put(before)
            first = True
            for lead, item, *more in items:
                self._put(lead if first else f", {lead}")
                first = False
                self.add(item, depth + 1)
                if more:  # A key, and its value.
                    self._put(": ")
                    self.add(more[0], depth + 1)
            self._put(after)
        finally:
            self._within.discard(id(value))

    def _made_by_user(self, value: Any) -> str:
        left = self._until - monotonic()
        try:
            if left <= 0:
                raise TookTooLong
            return _text_of(in_time(lambda: repr(value), left))  # S2
        except ANYTHING as e:
            return _broken(value, "repr", e)

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self._left -= len(text)
        if self._left < 0:
            raise _Full


class _Parts:
    """How a container is shown: what stands around its items, and what each item begins with."""

    def __init__(self, again: str, of: Callable[[Any], tuple[str, str, Iterable[tuple[Any, ...]]]]) -> None:
        #: What stands for one that is shown already.
        self.again = again
        #: Text before, text after, and (lead, item) or (lead, key, value) of each.
        self.of = of


def _parts_of(kind: type) -> _Parts | None:
    """None where the type has a ``repr`` of its own that we do not know."""
    made = kind.__repr__
    for base, parts in _KNOWN:
        if made is base.__repr__ and issubclass(kind, base):
            return parts
    code = getattr(made, "__code__", None)
    if issubclass(kind, tuple) and code is not None and code.co_filename == collections.__file__:
        return _NAMED_TUPLE
    params = kind.__dict__.get("__dataclass_params__")
    # As ``pprint`` tells the one that ``dataclass`` has made.
    if params is not None and params.repr and hasattr(made, "__wrapped__") and "__repr__" in kind.__dict__:
        return _DATACLASS
    return None


def _bare(items: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    return (("", item) for item in items)


def _tuple(value: Any) -> tuple[str, str, Iterable[Any]]:
    size = tuple.__len__(value)
    return "(", ",)" if size == 1 else ")", _bare(tuple.__iter__(value))


def _set(value: Any) -> tuple[str, str, Iterable[Any]]:
    kind = type(value)
    if not set.__len__(value):
        return f"{kind.__name__}()", "", ()
    if kind is set:
        return "{", "}", _bare(set.__iter__(value))
    return f"{kind.__name__}({{", "})", _bare(set.__iter__(value))


def _frozenset(value: Any) -> tuple[str, str, Iterable[Any]]:
    name = type(value).__name__
    if not frozenset.__len__(value):
        return f"{name}()", "", ()
    return f"{name}({{", "})", _bare(frozenset.__iter__(value))


def _dict(value: Any) -> tuple[str, str, Iterable[Any]]:
    return "{", "}", (("", key, item) for key, item in dict.items(value))


def _default_dict(value: Any) -> tuple[str, str, Iterable[Any]]:
    before, after, items = _dict(value)
    return f"{type(value).__name__}({safe_repr(value.default_factory, 100)}, {before}", f"{after})", items


def _row(value: Any) -> tuple[str, str, Iterable[Any]]:
    fields = getattr(value, "_fields", None)
    if fields is None:
        return "<Row(", ")>", _bare(value._values)
    return "Row(", ")", ((f"{name}=", item) for name, item in zip(fields, value._values))


def _named_tuple(value: Any) -> tuple[str, str, Iterable[Any]]:
    items = ((f"{name}=", item) for name, item in zip(value._fields, tuple.__iter__(value)))
    return f"{type(value).__name__}(", ")", items


def _dataclass(value: Any) -> tuple[str, str, Iterable[Any]]:
    shown = (field.name for field in dataclasses.fields(value) if field.repr)
    return f"{type(value).__qualname__}(", ")", ((f"{name}=", getattr(value, name)) for name in shown)


_KNOWN: tuple[tuple[Any, _Parts], ...] = (
    (list, _Parts("[...]", lambda value: ("[", "]", _bare(list.__iter__(value))))),
    (tuple, _Parts("(...)", _tuple)),
    (dict, _Parts("{...}", _dict)),
    (set, _Parts("set(...)", _set)),
    (frozenset, _Parts("frozenset(...)", _frozenset)),
    (collections.defaultdict, _Parts("...", _default_dict)),
    (Row, _Parts("...", _row)),
)
_NAMED_TUPLE = _Parts("...", _named_tuple)
_DATACLASS = _Parts("...", _dataclass)


def _many_digits(value: int) -> str:
    return f"<int of {value.bit_length()} bits>"
