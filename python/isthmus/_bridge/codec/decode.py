"""msgpack to Python values.

Columns of plain values go through a typed decoder, strict at C speed. All else goes through the untyped decoder with a
hook for extension types, and the depth is looked at afterwards.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.msgpack import Decoder

from ...errors import CodecError
from . import ext
from .ext import (
    COLUMNS,
    DICT_RECORDS,
    LEAF_DECODERS,
    MAX_COLUMNS,
    MAX_DEPTH,
    ROW_RECORDS,
    TUPLE_RECORDS,
)

if TYPE_CHECKING:
    from ..._program.job_graph import TypeSpec

_ERRORS = (
    msgspec.DecodeError,
    ValueError,
    TypeError,
    OverflowError,
    ArithmeticError,
    RecursionError,
    AttributeError,
    KeyError,
    struct.error,
)
#: Types with parts; Row joins them when the first one comes.
_CONTAINERS: set[type] = {list, tuple, dict, set, frozenset}
_SEQUENCES = {list, tuple}


def decode(body: bytes | memoryview, type_spec: TypeSpec | None = None) -> Any:
    """One value; with a declared type, made to fit it.

    Raises:
        CodecError: The bytes are no value of the protocol.
    """
    value = _checked(body)
    if type_spec is not None:
        from ..._types.coerce import coercer

        coerce = coercer(type_spec)
        if coerce is not None:
            return coerce([value])[0]
    return value


def decode_batch(body: bytes | memoryview, keyed: bool = False) -> tuple[list[Any], list[Any] | None]:
    """Records and, of a keyed batch, keys: what ``encode_batch`` was given.

    Raises:
        CodecError: The bytes are no batch of the protocol.
    """
    try:
        if not keyed:
            return _list(body), None
        keys, records = _pair.decode(body)
        return _list(records), _list(keys)
    except CodecError:
        raise
    except _ERRORS as e:
        raise CodecError(f"The payload is no batch: {e}.") from e


def _list(body: Any) -> list[Any]:
    body = memoryview(body)
    if len(body) > 6:
        head = _EXT_HEADS.get(body[0])
        if head is not None and body[head - 1] == COLUMNS:
            length = int.from_bytes(body[1 : head - 1], "big")
            if length != len(body) - head:
                raise CodecError(f"Columns announce {length} bytes and have {len(body) - head}.")
            return _columns(body[head:], 1)
        first = _ARRAY_HEADS.get(body[0], 1)
        if body[first] & 0xF0 == 0x80:
            try:
                return _plain_dicts.decode(body)
            except msgspec.ValidationError:
                pass
    value: Any = _decoder(0).decode(body)
    if type(value) is not list:
        raise CodecError(f"The payload of a batch is a {type(value).__name__}, not a list.")
    _check_depth(value, MAX_DEPTH + 1)
    return value


def _checked(body: bytes | memoryview) -> Any:
    try:
        value = _decoder(0).decode(body)
        _check_depth(value, MAX_DEPTH)
    except CodecError:
        raise
    except _ERRORS as e:
        raise CodecError(f"The bytes are no value: {e}.") from e
    return value


def _check_depth(value: Any, allowed: int) -> None:
    """Hold the limit of depth for a value out of the untyped decoder, which would nest as deep as Python's stack."""
    level = [value]
    for _ in range(allowed + 1):
        kinds = {*map(type, level)}
        if kinds.isdisjoint(_CONTAINERS):
            return
        if kinds == {dict}:
            level = list(chain.from_iterable(map(dict.values, level)))
        elif kinds <= _SEQUENCES:
            level = list(chain.from_iterable(level))
        else:
            level = list(chain.from_iterable(map(_parts, level)))
    raise CodecError(f"The value nests deeper than {MAX_DEPTH}.")


def _parts(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return chain(value, value.values())
    return value if kind in _CONTAINERS else ()


# -- Extension types ------------------------------------------------------------------------------------------------------

_Decoder = Decoder[Any]
_decoders: list[_Decoder] = []


def _decoder(depth: int) -> _Decoder:
    """The untyped decoder for what is inside `depth` extension values: they may nest no deeper than all else."""
    while len(_decoders) <= depth:
        _decoders.append(Decoder(ext_hook=_hook(len(_decoders))))
    return _decoders[depth]


def _hook(depth: int) -> Callable[[int, memoryview], Any]:
    def hook(code: int, data: memoryview) -> Any:
        leaf = LEAF_DECODERS.get(code)
        if leaf is not None:
            return leaf(data)
        if depth > MAX_DEPTH:
            raise CodecError(f"The value nests deeper than {MAX_DEPTH}.")
        if code == COLUMNS:
            return _columns(data, depth + 1)
        whole = _WHOLE.get(code)
        if whole is None:
            raise CodecError(f"Extension type {code:#04x} is unknown.")
        parts = _decoder(depth + 1).decode(data)
        if type(parts) is not list:
            raise CodecError(f"The body of extension type {code:#04x} is no array.")
        return whole(parts)

    return hook


def _set_of(make: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def convert(parts: list[Any]) -> Any:
        try:
            made = make(parts)
        except TypeError as e:
            raise CodecError(f"A set made in TypeScript has a member that Python cannot hash: {e}.") from e
        if len(made) != len(parts):
            raise CodecError("A set made in TypeScript has members that are equal in Python.")
        return made

    return convert


def _map(parts: list[Any]) -> dict[Any, Any]:
    if len(parts) % 2:
        raise CodecError("A map has a key without a value.")
    try:
        made = dict(zip(parts[::2], parts[1::2], strict=True))
    except TypeError as e:
        raise CodecError(
            f"A Map made in TypeScript has a key that Python cannot hash: {e}. An array as key must be a tuple."
        ) from e
    if len(made) * 2 != len(parts):
        raise CodecError("A Map made in TypeScript has keys that are equal in Python.")
    return made


def _row(parts: list[Any]) -> Any:
    from ...common.types import Row, RowKind

    kind, names, *values = parts
    _CONTAINERS.add(Row)
    row = Row(*values)
    row.set_row_kind(RowKind(kind))
    if names is not None:
        if len(names) != len(values) or {*map(type, names)} - {str}:
            raise CodecError("The names of a row do not fit its values.")
        row.set_field_names(names)
    return row


def _ndarray(parts: list[Any]) -> Any:
    dtype, shape, data = parts
    if type(dtype) is not str or dtype not in ext.DTYPES:
        raise CodecError(f"{dtype!r} is no dtype that can travel.")
    if type(shape) is not list or any(type(n) is not int or n < 0 for n in shape) or type(data) is not bytes:
        raise CodecError("An array has no dtype, shape and data that fit each other.")
    try:
        import numpy
    except ImportError as e:
        raise CodecError("An array came from TypeScript, and NumPy is not installed here.") from e
    return numpy.frombuffer(data, dtype=dtype).reshape(shape).copy()


_WHOLE: dict[int, Callable[[list[Any]], Any]] = {
    ext.TUPLE: tuple,
    ext.SET: _set_of(set),
    ext.FROZENSET: _set_of(frozenset),
    ext.MAP: _map,
    ext.ROW: _row,
    ext.NDARRAY: _ndarray,
}

# -- Columns ----------------------------------------------------------------------------------------------------------------

#: A keyed batch: keys and records, each looked at for itself.
_pair = Decoder(tuple[msgspec.Raw, msgspec.Raw])
#: Bytes before the body of an extension value, by its first byte.
_EXT_HEADS = {0xC7: 3, 0xC8: 4, 0xC9: 6}

#: Bytes before the first item of an array, by its first byte; 1 where absent.
_ARRAY_HEADS = {0xDC: 3, 0xDD: 5}

_plain_dicts: Decoder[list[dict[str, bool | int | float | str | None]]] = Decoder(
    list[dict[str, bool | int | float | str | None]]
)
_plain_columns: Decoder[list[list[bool | int | float | str | None]]] = Decoder(
    list[list[bool | int | float | str | None]]
)
_makers: dict[tuple[str, ...], Callable[[list[Any]], list[Any]]] = {}


def _columns(data: memoryview, depth: int) -> list[Any]:
    """``[[kind], names, column…]`` to records."""
    parts: list[Any]
    try:
        parts = _plain_columns.decode(data)
    except msgspec.ValidationError:
        parts = _decoder(depth).decode(data)
        _check_depth(parts, MAX_DEPTH + 1)
    if type(parts) is not list or len(parts) < 3 or {*map(type, parts)} != {list}:
        raise CodecError("Columns are no array of arrays.")
    kind, names, *columns = parts
    if len({*map(len, columns)}) != 1:
        raise CodecError("Columns differ in length.")
    kinds = [*map(type, kind)]
    if (
        kinds == [int, int, bool]
        and kind[0] == ROW_RECORDS
        and len(columns) <= MAX_COLUMNS
        and (kind[2] or not names)
    ):
        return _row_records(kind[1], names if kind[2] else None, columns)
    if kinds != [int] or len(columns) > MAX_COLUMNS:
        raise CodecError("Columns have a head that does not fit them.")
    if kind == [TUPLE_RECORDS] and not names:
        return list(zip(*columns, strict=True))
    if kind != [DICT_RECORDS] or len(names) != len(columns):
        raise CodecError("Columns have a head that does not fit them.")
    shape = tuple(names)
    maker = _makers.get(shape)
    if maker is None:
        maker = _makers[shape] = _maker(shape)
    return maker(columns)


def _row_records(kind: int, names: list[Any] | None, columns: list[list[Any]]) -> list[Any]:
    from ...common.types import Row, RowKind

    if names is not None and (
        len(names) != len(columns) or {*map(type, names)} != {str} or len({*names}) != len(names)
    ):
        raise CodecError("The names of columns are no different strings.")
    _CONTAINERS.add(Row)
    rows = [Row.__new__(Row) for _ in columns[0]]
    # By the slots themselves: constructor and setters would take several times as long.
    slots = vars(Row)
    deque(map(slots["_values"].__set__, rows, map(list, zip(*columns, strict=True))), 0)
    deque(map(slots["_row_kind"].__set__, rows, repeat(RowKind(kind))), 0)
    if names is not None:
        deque(map(slots["_fields"].__set__, rows, map(list, repeat(names))), 0)
    return rows


def _maker(names: tuple[Any, ...]) -> Callable[[list[Any]], list[Any]]:
    """A comprehension with one dict display: several times as fast as ``dict(zip(names, values))``."""
    if len({*names}) != len(names) or {*map(type, names)} != {str}:
        raise CodecError("The names of columns are no different strings.")
    if len(_makers) >= 1000:
        _makers.clear()
    variables = ", ".join(f"v{i}" for i in range(len(names)))
    display = ", ".join(f"{name!r}: v{i}" for i, name in enumerate(names))
    # Names get in as the literals that repr() makes of exact strings, and in no other way.
    made: Callable[[list[Any]], list[Any]] = eval(
        f"lambda columns: [{{{display}}} for {variables}, in zip(*columns)]", {"__builtins__": {"zip": zip}}
    )
    return made
