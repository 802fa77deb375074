"""Keys that are one, made anew each time, and keys that are several: of every kind that Python's own tables get wrong."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
import pandas
from isthmus.common import Row


class User:
    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


class Slotted:
    __slots__ = ("name", "place")

    def __init__(self, name: str, place: Any) -> None:
        self.name, self.place = name, place


class SlottedBelow(Slotted):
    __slots__ = ("more",)


@dataclasses.dataclass(eq=False)
class ByIdentity:
    name: str
    score: float


@dataclasses.dataclass(frozen=True)
class Frozen:
    name: str
    score: float


@dataclasses.dataclass
class Mutable:
    name: str
    score: float


class EqualByName:
    """Equal whatever it is made of, which pickles show: PyFlink knows several keys here."""

    def __init__(self, name: str, more: int) -> None:
        self.name, self.more = name, more

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EqualByName) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class WithEqButNoHash:
    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WithEqButNoHash) and self.name == other.name


class Reading(NamedTuple):
    place: str
    value: float


class Level(enum.Enum):
    LOW = 1.5
    #: Python cannot find it again by a NaN of another object, so it cannot be pickled.
    NONE = float("nan")


class Flags(enum.Flag):
    A = 1
    B = 2


class LocalText(str):
    """Of another type than str, and no other key."""


def _nan() -> float:
    return float("nan")


def _text(text: str) -> str:
    """Equal, and not the same object."""
    return "".join(list(text))


#: name → what makes the key anew.
ONE_KEY: dict[str, tuple[Callable[[], Any], ...]] = {
    "NaN": (_nan, lambda: -_nan(), lambda: numpy.float32("nan"), lambda: numpy.float64("nan"))
    + (lambda: numpy.float16("nan"), lambda: numpy.longdouble("nan"), lambda: complex(_nan(), 0))
    + tuple(lambda text=text: decimal.Decimal(text) for text in ("NaN", "-NaN", "sNaN", "-sNaN", "NaN123")),
    "complex NaN": (
        lambda: complex(1, _nan()),
        lambda: complex(1, -_nan()),
        lambda: numpy.complex128(complex(1, _nan())),
    ),
    "NaN in a tuple": (lambda: (1, _nan()), lambda: (1, -_nan()), lambda: [1, numpy.float32("nan")]),
    "NaN deep in tuples": (lambda: ("a", (("b", _nan()),)),) * 2,
    "NaN in a named tuple": (lambda: Reading("x", _nan()), lambda: ("x", _nan())),
    "NaN in a set": (lambda: frozenset([_nan(), 1]), lambda: {1.0, _nan()}),
    "NaN in a dict": (lambda: {"a": _nan()}, lambda: collections.OrderedDict(a=-_nan())),
    "NaN in a list": (lambda: [_nan()],) * 2,
    "NaN in a frozen dataclass": (lambda: Frozen("x", _nan()),) * 2,
    "NaN in a dataclass": (lambda: Mutable("x", _nan()),) * 2,
    "NaN in a Row": (lambda: Row("x", _nan()),) * 2,
    "NaN in a named Row": (lambda: Row(a=1, b=_nan()), lambda: Row(b=-_nan(), a=1)),
    "NaN in an object": (lambda: User(score=_nan()),) * 2,
    "NaN of an enum": (lambda: Level.NONE, lambda: Level["NONE"]),
    "NaT": (lambda: numpy.datetime64("NaT"), lambda: numpy.datetime64("NaT", "ns"), lambda: pandas.NaT),
    "NaT of a span": (lambda: numpy.timedelta64("NaT"), lambda: numpy.timedelta64("NaT", "ns")),
    "pandas.NA": (lambda: pandas.NA,) * 2,
    "minus zero": (lambda: 0, lambda: -0.0, lambda: 0.0, lambda: False, lambda: decimal.Decimal("-0.0"))
    + (lambda: numpy.float32(-0.0), lambda: complex(-0.0, -0.0)),
    "minus zero in a tuple": (lambda: (-0.0,), lambda: (0,), lambda: [0.0]),
    "minus zero in an object": (lambda: User(x=-0.0), lambda: User(x=0)),
    "minus zero in a complex": (lambda: complex(-0.0, 1), lambda: complex(0, 1)),
    "an object": (lambda: User(name="ann", tenant="t"), lambda: User(tenant=_text("t"), name=_text("ann"))),
    "an object that says a thing twice": (
        lambda: User(a="ann", b="ann"),
        lambda: User(a=_text("ann"), b=_text("ann")),
    ),
    "an object in a tuple": (lambda: (1, User(name="ann")),) * 2,
    "an object of objects": (lambda: User(boss=User(name=_text("bob"))),) * 2,
    "slots": (lambda: Slotted("ann", 1), lambda: Slotted(_text("ann"), 1.0)),
    "slots of a subclass": (lambda: SlottedBelow("ann", 1),) * 2,
    "a dataclass without eq": (lambda: ByIdentity("ann", 1), lambda: ByIdentity(_text("ann"), 1.0)),
    "an object with eq and no hash": (lambda: WithEqButNoHash("ann"), lambda: WithEqButNoHash(_text("ann"))),
    "an object with eq and hash": (lambda: EqualByName("ann", 1), lambda: EqualByName(_text("ann"), 1)),
    "an object() of a path": (
        lambda: pathlib.PurePosixPath("/a/b"),
        lambda: pathlib.PurePosixPath("/a") / "b",
    ),
    "an empty range": (lambda: range(0), lambda: range(2, 2), lambda: range(5, 1)),
    "a range of one": (lambda: range(2, 3), lambda: range(2, 9, 7)),
    "a range": (lambda: range(0, 5, 2), lambda: range(0, 6, 2)),
    "a list and a tuple": (lambda: [1, "a"], lambda: (1, "a"), lambda: Reading(1, "a")),  # type: ignore[arg-type]
    "a set and a frozenset": (lambda: {1, 2}, lambda: frozenset((2, 1))),
    "bytes and a bytearray": (lambda: b"ab", lambda: bytearray(b"ab"), lambda: numpy.bytes_(b"ab")),
    "a text of another class": (lambda: "ab", lambda: LocalText("ab"), lambda: numpy.str_("ab")),
    "one": (
        lambda: 1,
        lambda: 1.0,
        lambda: True,
        lambda: decimal.Decimal("1.00"),
        lambda: fractions.Fraction(2, 2),
    )
    + (
        lambda: numpy.int8(1),
        lambda: numpy.uint64(1),
        lambda: numpy.float64(1),
        lambda: numpy.bool_(True),
        lambda: 1 + 0j,
    ),
    "a half": (
        lambda: 0.5,
        lambda: decimal.Decimal("0.50"),
        lambda: fractions.Fraction(1, 2),
        lambda: numpy.float16(0.5),
    ),
    "a tenth": (lambda: decimal.Decimal("0.1"), lambda: fractions.Fraction(1, 10)),
    "one in tuples": (
        lambda: (1, "a"),
        lambda: (decimal.Decimal(1), numpy.str_("a")),
        lambda: (True, LocalText("a")),
    ),
    "an integer beyond 64 bits": (lambda: 2**70, lambda: 2.0**70, lambda: decimal.Decimal(2**70)),
    "an integer at 64 bits": (lambda: 2**63, lambda: 2.0**63, lambda: numpy.uint64(2**63)),
    "the least of 64 bits": (lambda: -(2**63), lambda: -(2.0**63), lambda: numpy.int64(-(2**63))),
    "infinity": (lambda: float("inf"), lambda: decimal.Decimal("Infinity"), lambda: numpy.float32("inf")),
    "aware datetimes of two zones": (
        lambda: datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.timezone.utc),
        lambda: datetime.datetime(2024, 1, 1, 14, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        lambda: pandas.Timestamp("2024-01-01T12:00Z"),
    ),
    "a datetime": (
        lambda: datetime.datetime(2024, 1, 1, 12),
        lambda: pandas.Timestamp("2024-01-01T12:00"),
        lambda: numpy.datetime64("2024-01-01T12:00:00", "s"),
        lambda: numpy.datetime64("2024-01-01T12:00:00", "ns"),
    ),
    "a date": (lambda: datetime.date(2024, 1, 1), lambda: numpy.datetime64("2024-01-01", "D")),
    "a span": (
        lambda: datetime.timedelta(milliseconds=1500),
        lambda: pandas.Timedelta("1.5s"),
        lambda: numpy.timedelta64(1500, "ms"),
        lambda: numpy.timedelta64(1_500_000_000, "ns"),
    ),
    "nanoseconds": (
        lambda: pandas.Timestamp(1_700_000_000_000_000_001),
        lambda: numpy.datetime64(1_700_000_000_000_000_001, "ns"),
    ),
    "flags": (lambda: Flags.A | Flags.B, lambda: Flags(3)),
    "a UUID": (lambda: uuid.UUID(int=5), lambda: uuid.UUID("00000000-0000-0000-0000-000000000005")),
    "an array": (lambda: numpy.arange(3), lambda: numpy.arange(3)),
    "a deque": (lambda: collections.deque([1, _nan()]),) * 2,
}

SEVERAL_KEYS: dict[str, tuple[Callable[[], Any], ...]] = {
    "objects of other values": (lambda: User(name="ann"), lambda: User(name="bob")),
    "objects of other attributes": (lambda: User(name="ann"), lambda: User(nom="ann")),
    "objects of other classes": (
        lambda: ByIdentity("a", 1),
        lambda: Slotted("a", 1),
        lambda: Frozen("a", 1),
        lambda: Mutable("a", 1),
    ),
    "objects whose eq hides a difference": (lambda: EqualByName("ann", 1), lambda: EqualByName("ann", 2)),
    "an object and its attributes": (lambda: User(name="ann"), lambda: {"name": "ann"}),
    "a text and its bytes": (lambda: "ab", lambda: b"ab"),
    "None and NaN": (
        lambda: None,
        _nan,
        lambda: numpy.datetime64("NaT"),
        lambda: numpy.timedelta64("NaT"),
        lambda: pandas.NA,
    ),
    "a tuple and what is in it": (lambda: (1,), lambda: 1, lambda: ((1,),)),
    "a NumPy time and its number": (
        lambda: numpy.datetime64(5, "ns"),
        lambda: numpy.timedelta64(5, "ns"),
        lambda: numpy.timedelta64(5, "Y"),
        lambda: numpy.timedelta64(5, "M"),
        lambda: numpy.timedelta64(5),
        lambda: 5,
    ),
    "nanoseconds apart": (
        lambda: pandas.Timestamp(1000),
        lambda: pandas.Timestamp(1001),
        lambda: pandas.Timestamp(2000),
    ),
    "spans nanoseconds apart": (lambda: pandas.Timedelta(1000), lambda: pandas.Timedelta(1001)),
    "ranges": (lambda: range(3), lambda: range(4), lambda: range(0, 6, 2), lambda: (0, 1, 2)),
    "integers of one hash": tuple(lambda k=k: k * (2**61 - 1) for k in range(12)),
    "complex numbers of one hash": (lambda: complex(1000003, 1), lambda: complex(0, 2)),
    "integers and floats near them": (
        lambda: 2**53 + 1,
        lambda: 2.0**53,
        lambda: numpy.longdouble(2**53 + 3),
    ),
    "enum members": (lambda: Level.LOW, lambda: Level.NONE, lambda: 1.5),
    "flags": (lambda: Flags.A | Flags.B, lambda: Flags.A, lambda: Flags(0)),
    "dates and times": (lambda: datetime.date(2024, 1, 1), lambda: datetime.datetime(2024, 1, 1)),
    "classes": (lambda: User, lambda: Slotted),
    "arrays": (lambda: numpy.arange(3), lambda: numpy.arange(3.5), lambda: numpy.arange(3).reshape(3, 1)),
}
