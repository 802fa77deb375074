"""Values as the vectors describe them (``test/vectors/README.md``), twin of ``test/bridge/described.ts``."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

from isthmus.common.time import Instant
from isthmus.common.types import Row, RowKind

_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
_MIDNIGHT = datetime.datetime(1, 1, 1)


def from_description(described: Any) -> Any:
    """The value that a description stands for."""
    if not isinstance(described, dict):
        return described
    ((kind, body),) = described.items()
    return _MAKERS[kind](body)


def _all(items: list[Any]) -> list[Any]:
    return [from_description(item) for item in items]


def _zone(offset: int) -> datetime.timezone:
    return datetime.timezone(datetime.timedelta(seconds=offset)) if offset else datetime.timezone.utc


def _zoned(body: list[Any]) -> datetime.datetime:
    wall = _EPOCH + datetime.timedelta(microseconds=int(body[0]) + body[1] * 1_000_000)
    return wall.replace(tzinfo=_zone(body[1]))


def _time(body: list[Any]) -> datetime.time:
    plain = (_MIDNIGHT + datetime.timedelta(microseconds=int(body[0]))).time()
    return plain if body[1] is None else plain.replace(tzinfo=_zone(body[1]))


def _row(body: dict[str, Any]) -> Row:
    row = Row(*_all(body["values"]))
    if body["names"] is not None:
        row.set_field_names(body["names"])
    row.set_row_kind(RowKind(body["kind"]))
    return row


def _ndarray(body: dict[str, Any]) -> Any:
    import numpy

    return numpy.frombuffer(bytes.fromhex(body["data"]), dtype=body["dtype"]).reshape(body["shape"])


_MAKERS: dict[str, Any] = {
    "int": int,
    "float": float,
    "bytes": bytes.fromhex,
    "list": _all,
    "tuple": lambda body: tuple(_all(body)),
    "dict": lambda body: {name: from_description(value) for name, value in body},
    "map": lambda body: {from_description(key): from_description(value) for key, value in body},
    "set": lambda body: set(_all(body)),
    "frozenset": lambda body: frozenset(_all(body)),
    "datetime": lambda body: _EPOCH + datetime.timedelta(microseconds=int(body)),
    "zoned": _zoned,
    "date": lambda body: datetime.date.fromordinal(body + _EPOCH.toordinal()),
    "time": _time,
    "timedelta": lambda body: datetime.timedelta(microseconds=int(body)),
    "decimal": decimal.Decimal,
    "uuid": uuid.UUID,
    "row": _row,
    "instant": lambda body: Instant(int(body[0]), body[1]),
    "ndarray": _ndarray,
}


def describe(value: Any) -> Any:
    """The description of a value, by its exact type: equal ones describe the same value of the same type."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return {"int": str(value)}
    if kind is float:
        return {"float": repr(value)}
    if kind is bytes:
        return {"bytes": value.hex()}
    if kind is list or kind is tuple:
        return {kind.__name__: [describe(item) for item in value]}
    if kind is set or kind is frozenset:
        return {kind.__name__: [describe(item) for item in value]}
    if kind is dict:
        if all(type(key) is str for key in value):
            return {"dict": [[key, describe(item)] for key, item in value.items()]}
        return {"map": [[describe(key), describe(item)] for key, item in value.items()]}
    if kind is datetime.datetime:
        micros = (value.replace(tzinfo=None) - _EPOCH) // _MICROSECOND
        offset = value.utcoffset()
        if offset is None:
            return {"datetime": str(micros)}
        return {"zoned": [str(micros - offset // _MICROSECOND), int(offset.total_seconds())]}
    if kind is datetime.date:
        return {"date": value.toordinal() - _EPOCH.toordinal()}
    if kind is datetime.time:
        micros = (
            datetime.datetime.combine(_MIDNIGHT, value.replace(tzinfo=None)) - _MIDNIGHT
        ) // _MICROSECOND
        offset = value.utcoffset()
        return {"time": [str(micros), None if offset is None else int(offset.total_seconds())]}
    if kind is datetime.timedelta:
        return {"timedelta": str(value // _MICROSECOND)}
    if kind is decimal.Decimal:
        return {"decimal": str(value)}
    if kind is uuid.UUID:
        return {"uuid": str(value)}
    if kind is Row:
        names = getattr(value, "_fields", None)
        return {
            "row": {
                "kind": value.get_row_kind().value,
                "names": names,
                "values": [describe(v) for v in value],
            }
        }
    if kind is Instant:
        return {"instant": [str(value.seconds), value.nanos]}
    if kind.__name__ == "ndarray":
        shape = list(value.shape)
        return {"ndarray": {"dtype": value.dtype.str, "shape": shape, "data": value.tobytes().hex()}}
    raise TypeError(f"a {kind.__qualname__} has no description")


def normal(described: Any) -> Any:
    """A description as ``describe`` would give it."""
    return describe(from_description(described))
