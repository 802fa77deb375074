"""Plain data that came from elsewhere, checked against the type that says its shape. Twin of ``src/graph/shape.ts``.

Shapes are ``TypedDict``, lists, dicts, tuples, literals and unions of them: what a type checker holds our code to is what the
data is held to. Of a union of dicts one field says which it is. Modules of shapes have their annotations evaluated (no
``from __future__ import annotations``), but for the names of what contains itself.

  S1. An error names the field by its path (``tasks[0].chain[1].id``), says what was expected there, and shows what is there.
  S2. A field that the shape does not have is refused: it is a misspelt one, or of another version.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import UnionType
from typing import Any, ForwardRef, Literal, TypeVar, Union, get_args, get_origin, is_typeddict

from ..errors import BridgeProtocolError

T = TypeVar("T")
#: Raises where a value is not of the shape; given the value and its path.
Check = Callable[[Any, str], None]


class WrongField(ValueError):
    """A field is not as it should be."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


def checked(value: object, shape: type[T], what: str) -> T:
    """``value``, which is of the shape.

    Args:
        value: Plain data.
        shape: A ``TypedDict``.
        what: Where the data is from, as errors say it: ``DEPLOY``.

    Raises:
        BridgeProtocolError: It is not of the shape (S1).
    """
    try:
        check_of(shape)(value, "")
    except WrongField as e:
        raise BridgeProtocolError(f"{what}: {f'{e.path}: ' if e.path else ''}{e}") from None
    return value  # type: ignore[return-value]


def check_of(shape: Any, module: str = "") -> Check:
    """What checks values of a shape; made once for each.

    Args:
        shape: The type, or its name.
        module: Where the name is defined.
    """
    if isinstance(shape, (str, ForwardRef)):
        # Not by get_type_hints, which compiles each annotation: a worker that starts would wait for it.
        name = shape if isinstance(shape, str) else shape.__forward_arg__
        shape = vars(sys.modules[module])[name]
    if is_typeddict(shape):
        # By its name meanwhile: a shape may contain itself.
        return _CHECKS.get(shape) or _record(shape)
    origin, args = get_origin(shape), get_args(shape)
    if shape is Any or shape is object:
        return _anything
    if origin in (Union, UnionType):
        return _union([arg for arg in args if arg is not type(None)], type(None) in args, module)
    if origin is Literal:
        return _expecting(" or ".join(_quoted(arg) for arg in args), lambda v: v in args and _is_plain(v))
    if origin is list:
        return _list(check_of(args[0], module))
    if origin is tuple:
        return _tuple([check_of(arg, module) for arg in args])
    if origin is dict:
        return _map(check_of(args[1], module))
    expected = _PLAIN[shape]
    return _expecting(expected, lambda v: type(v) is shape)


_PLAIN = {str: "a text", int: "a whole number", bool: "true or false", bytes: "bytes"}
_CHECKS: dict[Any, Check] = {}


def _anything(value: Any, path: str) -> None:
    pass


def _expecting(expected: str, holds: Callable[[Any], bool]) -> Check:
    def check(value: Any, path: str) -> None:
        if not holds(value):
            raise WrongField(path, f"expected {expected}, got {_shown(value)}")

    return check


def _is_plain(value: Any) -> bool:
    return type(value) in (str, int)


_is_list = _expecting("a list", lambda v: type(v) is list)
_is_map = _expecting("a map", lambda v: type(v) is dict)


def _list(item: Check) -> Check:
    def check(value: Any, path: str) -> None:
        _is_list(value, path)
        for i, each in enumerate(value):
            item(each, f"{path}[{i}]")

    return check


def _tuple(items: list[Check]) -> Check:
    is_long = _expecting(f"a list of {len(items)}", lambda v: type(v) is list and len(v) == len(items))

    def check(value: Any, path: str) -> None:
        is_long(value, path)
        for i, (item, each) in enumerate(zip(items, value)):
            item(each, f"{path}[{i}]")

    return check


def _map(item: Check) -> Check:
    def check(value: Any, path: str) -> None:
        _is_map(value, path)
        for name, each in value.items():
            item(each, _within(path, name))

    return check


def _record(shape: Any) -> Check:
    fields: list[tuple[str, Check, bool]] = []
    names: set[str] = set()

    def check(value: Any, path: str) -> None:
        _is_map(value, path)
        for name, field, required in fields:
            if name in value:
                field(value[name], _within(path, name))
            elif required:
                raise WrongField(_within(path, name), "is missing")
        if not value.keys() <= names:
            unknown = next(name for name in value if name not in names)
            raise WrongField(_within(path, unknown), "is not known")  # S2

    _CHECKS[shape] = check
    for name, hint in shape.__annotations__.items():
        fields.append((name, check_of(hint, shape.__module__), name in shape.__required_keys__))
        names.add(name)
    return check


def _union(shapes: list[Any], nullable: bool, module: str) -> Check:
    one = check_of(shapes[0], module) if len(shapes) == 1 else _by_tag(shapes)
    if not nullable:
        return one

    def check(value: Any, path: str) -> None:
        if value is not None:
            one(value, path)

    return check


def _by_tag(shapes: list[Any]) -> Check:
    tag, by_value = _tag_of(tuple(shapes))
    known = _expecting(
        " or ".join(_quoted(value) for value in by_value), lambda v: _is_plain(v) and v in by_value
    )

    def check(value: Any, path: str) -> None:
        _is_map(value, path)
        if tag not in value:
            raise WrongField(_within(path, tag), "is missing")
        known(value[tag], _within(path, tag))
        check_of(by_value[value[tag]])(value, path)

    return check


def _tag_of(shapes: tuple[Any, ...]) -> tuple[str, dict[Any, Any]]:
    """The field whose literals no two of the shapes share, and the shape by its value."""
    for tag in shapes[0].__required_keys__:
        said = [(value, shape) for shape in shapes for value in get_args(shape.__annotations__.get(tag))]
        by_value = dict(said)
        if len(by_value) == len(said) and set(by_value.values()) == set(shapes):
            return tag, by_value
    raise TypeError(f"nothing tells {shapes} from each other")


def _within(path: str, name: Any) -> str:
    return f"{path}.{name}" if path else str(name)


def _shown(value: Any) -> str:
    for kind, name in ((list, "a list"), (dict, "a map"), (bytes, "bytes")):
        if type(value) is kind:
            return name
    import json

    return json.dumps(value, ensure_ascii=False)[:60]


def _quoted(value: Any) -> str:
    return f'"{value}"' if type(value) is str else str(value)
