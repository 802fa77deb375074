"""Errors say what to send instead. Who does so, sends what was meant. Twin of ``test/bridge/advice.test.ts``."""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import fractions
import ipaddress
import pathlib
import re
import types
import uuid
from typing import Any

import msgspec
import numpy
import pandas
import pytest
from isthmus._bridge import codec
from isthmus.errors import CodecError

D = datetime


class Text(str):
    pass


class Whole(int):
    pass


class Real(float):
    pass


class Bytes(bytes):
    pass


class Items(list[Any]):
    pass


class Members(set[Any]):
    pass


class Moment(datetime.datetime):
    pass


class Day(datetime.date):
    pass


class Hour(datetime.time):
    pass


class Span(datetime.timedelta):
    pass


class Money(decimal.Decimal):
    pass


class Id(uuid.UUID):
    pass


class Struct(msgspec.Struct):
    a: int


class Vector(numpy.ndarray):
    pass


UTC = datetime.timezone.utc
TIMES = numpy.array(["2024-01-01T00:00:00.000001", "NaT"], "datetime64[ns]")
TWO = [("a", "i4"), ("b", "f8")]

FOLLOWED: dict[str, tuple[Any, Any]] = {
    "a subclass of str": (Text("a"), "a"),
    "a subclass of int": (Whole(5), 5),
    "a subclass of float": (Real(0.5), 0.5),
    "a subclass of bytes": (Bytes(b"a"), b"a"),
    "a subclass of list": (Items([1]), [1]),
    "a subclass of set": (Members([1]), {1}),
    "a subclass of datetime": (Moment(2024, 1, 1, 5, 6, 7, 8, UTC), D.datetime(2024, 1, 1, 5, 6, 7, 8, UTC)),
    "a subclass of date": (Day(2024, 1, 1), D.date(2024, 1, 1)),
    "a subclass of time": (Hour(1, 2, 3, 4), D.time(1, 2, 3, 4)),
    "a subclass of timedelta": (Span(1, 2, 3), D.timedelta(1, 2, 3)),
    "a subclass of Decimal": (Money("1.10"), decimal.Decimal("1.10")),
    "a subclass of UUID": (Id(int=5), uuid.UUID(int=5)),
    "bytearray": (bytearray(b"ab"), b"ab"),
    "memoryview": (memoryview(b"ab"), b"ab"),
    "complex": (1 + 2j, (1.0, 2.0)),
    "Fraction": (fractions.Fraction(1, 3), (1, 3)),
    "range": (range(3), [0, 1, 2]),
    "deque": (collections.deque([1, 2]), [1, 2]),
    "array": (array.array("d", [1.5]), [1.5]),
    "keys of a dict": ({"a": 1}.keys(), ["a"]),
    "values of a dict": ({"a": 1}.values(), [1]),
    "a mapping": (types.MappingProxyType({"a": 1}), {"a": 1}),
    "a ChainMap": (collections.ChainMap({"a": 1}), {"a": 1}),
    "a UserDict": (collections.UserDict(a=1), {"a": 1}),
    "a UserString": (collections.UserString("a"), "a"),
    "a namespace": (types.SimpleNamespace(a=1), {"a": 1}),
    "a path": (pathlib.PurePosixPath("/a/b"), "/a/b"),
    "an address": (ipaddress.ip_address("10.0.0.1"), "10.0.0.1"),
    "a network": (ipaddress.ip_network("10.0.0.0/8"), "10.0.0.0/8"),
    "a generator": ((n for n in (1, 2)), [1, 2]),
    "a struct": (Struct(a=1), {"a": 1}),
    "half floats": (numpy.array([1.5], "f2"), numpy.array([1.5], "f4")),
    "long floats": (numpy.array([1.5], "g"), numpy.array([1.5], "f8")),
    "a long float": (numpy.longdouble(1.5), 1.5),
    "times in nanoseconds": (TIMES, [D.datetime(2024, 1, 1, 0, 0, 0, 1), None]),
    "spans in nanoseconds": (numpy.array([5000], "timedelta64[ns]"), [D.timedelta(microseconds=5)]),
    "texts": (numpy.array(["a", "bc"]), ["a", "bc"]),
    "byte strings": (numpy.array([b"a"]), [b"a"]),
    "objects": (numpy.array([1, None, "a"], dtype=object), [1, None, "a"]),
    "a structured array": (numpy.array([(1, 2.5)], dtype=TWO), [(1, 2.5)]),
    "a structured scalar": (numpy.array([(1, 2.5)], dtype=TWO)[0], (1, 2.5)),
    "an array of a subclass": (numpy.arange(2).view(Vector), numpy.array([0, 1])),
    "a time with nanoseconds": (numpy.datetime64(1_001, "ns"), D.datetime(1970, 1, 1, microsecond=1)),
    "a span with nanoseconds": (numpy.timedelta64(1_001, "ns"), D.timedelta(microseconds=1)),
    "a span of years": (numpy.timedelta64(5, "Y"), 5),
    "a span of no unit": (numpy.timedelta64(5), 5),
    "a Timestamp with nanoseconds": (pandas.Timestamp(1_001), D.datetime(1970, 1, 1, microsecond=1)),
    "a Timedelta with nanoseconds": (pandas.Timedelta(1_001), D.timedelta(microseconds=1)),
    "a Series": (pandas.Series([1, 2]), [1, 2]),
    "an Index": (pandas.Index(["a"]), ["a"]),
    "a Categorical": (pandas.Categorical(["a"]), ["a"]),
    "a DataFrame": (
        pandas.DataFrame({"at": pandas.to_datetime(["2024-01-01"]), "n": [1]}),
        [{"at": D.datetime(2024, 1, 1), "n": 1}],
    ),
    "a Period": (pandas.Period("2024-01"), "2024-01"),
}


def _refusal(value: Any) -> str:
    with pytest.raises(CodecError, match=r"at \$\.of\.at cannot travel") as raised:
        codec.encode({"of": {"at": value}})
    return str(raised.value)


@pytest.mark.parametrize("name", FOLLOWED)
def test_following_the_advice_keeps_the_value(name: str) -> None:
    value, expected = FOLLOWED[name]
    found = re.search(
        r"send (.*?)(?:, which has fewer digits|, or .*| or a dict of them)?\.$", _refusal(value)
    )
    assert found is not None
    names = {"value": value, "datetime": datetime, "decimal": decimal, "uuid": uuid, "numpy": numpy}
    sent = eval(found[1], {**names, "msgspec": msgspec, "os": __import__("os")})
    back = codec.decode(codec.encode({"of": {"at": sent}}))["of"]["at"]
    if isinstance(expected, numpy.ndarray):
        assert back.dtype == expected.dtype
        back, expected = back.tolist(), expected.tolist()
    assert back == expected
    assert type(back) is type(expected)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (numpy.datetime64("NaT", "ns"), "send None where there is none"),
        (numpy.datetime64("NaT"), "send None where there is none"),
        (numpy.timedelta64("NaT", "s"), "send None where there is none"),
        (pandas.NaT, "send None where there is none"),
        (pandas.NA, "send None where there is none"),
        (numpy.datetime64(2**50, "s"), "years 1 to 9999"),
        (numpy.timedelta64(2**40, "D"), "999,999,999 days"),
        (numpy.ma.array([1], mask=[True]), "its mask"),
        (numpy.array([1j]), "send value.real and value.imag"),
        (numpy.array([1.5], "f2"), "this one is of float16"),
        (numpy.dtype("i4"), "scalars and arrays can travel"),
        # Python tells two that were made apart.
        ({float("nan"): 1, float("nan"): 2}, "NaN twice among its keys"),
        ({numpy.float64("nan"): 1, float("nan"): 2}, "NaN twice among its keys"),
        ({float("nan"), float("nan")}, "NaN twice among its members"),
        (frozenset((float("nan"), float("nan"))), "NaN twice among its members"),
    ],
)
def test_what_says_nothing_in_typescript_is_refused(value: Any, why: str) -> None:
    assert why in _refusal(value)


@pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns"])
def test_times_of_every_unit_are_times(unit: str) -> None:
    at = numpy.datetime64("2026-01-01", unit)
    back = codec.decode(codec.encode([at]))[0]
    assert numpy.datetime64(back) == at
    assert type(back) is (datetime.date if unit in "YMWD" else datetime.datetime)
    if unit not in "YM":
        span = numpy.timedelta64(86_400_000, unit) if unit != "W" else numpy.timedelta64(3, unit)
        assert codec.decode(codec.encode([span])) == [numpy.timedelta64(span, "us").item()]


@pytest.mark.parametrize(
    "made",
    [
        numpy.arange(12).reshape(3, 4)[:, ::2],
        numpy.arange(6.0).reshape(2, 3).T,
        numpy.arange(3, dtype=">i4"),
        numpy.arange(3, dtype=">f8")[::-1],
        numpy.array(1.5),
        numpy.array(True),
        numpy.zeros((0, 3)),
        numpy.array([True, False])[::-1],
    ],
    ids=["strided", "transposed", "big-endian", "backwards", "0-d", "0-d bool", "empty", "bool"],
)
def test_arrays_however_they_lie_in_memory(made: Any) -> None:
    back = codec.decode(codec.encode(made))
    assert isinstance(back, numpy.ndarray)
    assert back.shape == made.shape
    assert back.dtype == made.dtype.newbyteorder("=")
    assert back.tolist() == made.tolist()
