"""Round trips of random values and keys: within Python, and through the codec of TypeScript in a Node process."""

from __future__ import annotations

import datetime
import decimal
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from described import describe
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from isthmus._bridge import codec, control
from isthmus._bridge.frame import FLAGS, TYPES, FrameDecoder, pack_frame
from isthmus._worker.state import keys
from isthmus.common.time import Instant
from isthmus.common.types import Row, RowKind
from isthmus.errors import CodecError

_ROOT = Path(__file__).resolve().parents[3]

#: Values are slow to make where the machine is busy; that is no failure.
_PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

_OFFSETS = st.integers(-86399, 86399).map(lambda s: datetime.timezone(datetime.timedelta(seconds=s)))
_TEXT = st.text(st.characters(codec="utf-8"))


@st.composite
def _rows(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Row:
    items = draw(st.lists(values, max_size=4))
    row = Row(*items)
    if draw(st.booleans()):
        row.set_field_names([f"f{i}" for i in range(len(items))])
    row.set_row_kind(draw(st.sampled_from(list(RowKind))))
    return row


def _unfolded(value: Any) -> Any:
    """A naive datetime of the second hour when clocks go back is refused, which vectors show."""
    return value.replace(fold=0)


def _leaves(floats: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(-(2**70), 2**70),
        floats,
        _TEXT,
        st.binary(),
        st.datetimes().map(_unfolded),
        st.datetimes(timezones=_OFFSETS | st.just(datetime.timezone.utc)).map(_unfolded),
        st.dates(),
        st.times().map(_unfolded),
        st.times(timezones=_OFFSETS).map(_unfolded),
        st.timedeltas(datetime.timedelta(days=-(10**8)), datetime.timedelta(days=10**8)),
        st.decimals(allow_nan=False) | st.just(decimal.Decimal("NaN")),
        st.uuids(),
        st.builds(Instant, st.integers(-(2**53) + 1, 2**53 - 1), st.integers(0, 10**9 - 1)),
    )


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _values(floats: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    # NaN is no two times the same member of a set.
    leaves = _leaves(floats)
    members = leaves.filter(lambda v: v == v and _hashable(v))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=6),
            st.lists(inner, max_size=4).map(tuple),
            st.dictionaries(_TEXT, inner, max_size=4),
            st.dictionaries(members, inner, max_size=4),
            st.frozensets(members, max_size=4),
            st.sets(members, max_size=4),
            _rows(inner),
            # Records of one shape, which travel as columns.
            st.lists(st.fixed_dictionaries({"a": inner, "b": inner}), min_size=4, max_size=6),
            st.lists(st.tuples(inner, inner), min_size=4, max_size=6),
            st.lists(st.builds(lambda a, b: Row(a=a, b=b), inner, inner), min_size=4, max_size=6),
            st.lists(st.builds(Row, inner), min_size=4, max_size=6),
        ),
        max_leaves=20,
    )


ANY = _values(st.floats())
#: Without floats that JavaScript cannot tell from integers.
TOLD = _values(st.floats().filter(lambda x: not x.is_integer() or str(x) == "-0.0"))


def _sorted(value: Any) -> Any:
    """A description with the members of sets in one order, and of dicts: JavaScript puts names like "0" first."""
    if isinstance(value, dict):
        return {
            kind: sorted(map(_sorted, body), key=repr)
            if kind in ("set", "frozenset", "dict")
            else _sorted(body)
            for kind, body in value.items()
        }
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _same(left: Any, right: Any) -> bool:
    return bool(_sorted(describe(left)) == _sorted(describe(right)))


@settings(**_PATIENT)
@given(ANY)
def test_a_value_comes_back(value: Any) -> None:
    assert _same(codec.decode(codec.encode(value)), value)


@settings(**_PATIENT)
@given(st.lists(ANY, max_size=8), st.booleans())
def test_a_batch_comes_back(records: list[Any], keyed: bool) -> None:
    body = codec.encode_batch(records, records[::-1] if keyed else None)
    decoded, decoded_keys = codec.decode_batch(body, keyed)
    assert _same(decoded, records)
    assert decoded_keys is None if not keyed else _same(decoded_keys, records[::-1])


def test_a_key_that_cannot_travel_is_named() -> None:
    with pytest.raises(CodecError, match=r"A key of type complex at \$\[1\] cannot travel"):
        codec.encode_batch([1], [("a", 1j)])


@settings(**_PATIENT)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_value_or_a_codec_error(body: bytes, keyed: bool) -> None:
    for read in (codec.decode, lambda b: codec.decode_batch(b, keyed)):
        try:
            read(body)
        except CodecError:
            pass


@settings(**_PATIENT)
@given(ANY)
def test_equal_keys_have_equal_bytes(key: Any) -> None:
    encoded = keys.encode_key(key)
    assert keys.encode_key(codec.decode(codec.encode(key))) == encoded
    if isinstance(key, (int, float)) and key == key and abs(key) < 2**53 and key == int(key):
        assert keys.encode_key(int(key)) == encoded
        assert keys.encode_key(float(key)) == encoded
        assert keys.encode_key(decimal.Decimal(key)) == encoded
    if isinstance(key, list):
        assert keys.encode_key(tuple(key)) == encoded


@settings(**_PATIENT)
@given(st.lists(_leaves(st.floats()).filter(lambda v: v == v and _hashable(v)), min_size=2, max_size=2))
def test_keys_that_differ_have_different_bytes(pair: list[Any]) -> None:
    left, right = pair
    # A time with an offset is equal to the same moment of the day told with another.
    assume(not isinstance(left, datetime.time))
    assert (keys.encode_key(left) == keys.encode_key(right)) == (left == right)


@settings(**_PATIENT)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0x03, 0x10]),
            st.integers(0, 3),
            st.integers(0, 2**32 - 1),
            st.binary(max_size=99),
        ),
        max_size=5,
    ),
    st.lists(st.integers(1, 40)),
)
def test_frames_come_whole_however_the_stream_is_cut(frames: list[Any], cuts: list[int]) -> None:
    sent = [(kind, flags & FLAGS[kind], channel, 0, body) for kind, flags, channel, body in frames]
    assert {kind for kind, *_ in sent} <= TYPES
    stream = b"".join(pack_frame(*f) for f in sent)
    decoder, got = FrameDecoder(), []
    for size in cuts:
        got += decoder.feed(stream[:size])
        stream = stream[size:]
    got += decoder.feed(stream)
    decoder.end()
    assert [(*head, bytes(body)) for *head, body in got] == sent


def test_messages_of_user_code_may_have_lone_surrogates() -> None:
    body = control.encode_control({"message": "odd \ud800", "tasks": [{"re\udc80cord": ("x", b"\xff")}]})
    assert control.decode_control(body) == {
        "message": "odd \\ud800",
        "tasks": [{"re\\udc80cord": ["x", b"\xff"]}],
    }


class Echo:
    """A Node process that decodes, encodes and tells the key."""

    def __init__(self, node: str) -> None:
        command = [node, "--no-warnings", str(_ROOT / "test/fixtures/echo-codec.ts")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, body: bytes) -> tuple[bytes, bytes]:
        """The bytes of the key and of the value; no key and a message where the value is refused."""
        assert self._process.stdin is not None
        self._process.stdin.write(struct.pack("<I", len(body)) + body)
        self._process.stdin.flush()
        return self._read(), self._read()

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        (length,) = struct.unpack("<I", self._process.stdout.read(4))
        return self._process.stdout.read(length)

    def close(self) -> None:
        self._process.communicate(timeout=10)


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    local = _ROOT / "node_modules/.bin/node"
    node = str(local) if local.exists() else shutil.which("node")
    if node is None:
        pytest.skip("there is no Node")
    echo = Echo(node)
    yield echo
    echo.close()


@settings(max_examples=300, **_PATIENT)
@given(value=TOLD)
def test_a_value_comes_back_from_typescript(echo: Echo, value: Any) -> None:
    key, body = echo.ask(codec.encode(value))
    assert key or body == b"", f"refused by TypeScript: {body.decode()}"
    assert _same(codec.decode(body), value)
    assert key == keys.encode_key(value)


@settings(max_examples=150, **_PATIENT)
@given(value=ANY)
def test_what_typescript_passes_on_is_equal_or_refused(echo: Echo, value: Any) -> None:
    """Also with floats that JavaScript cannot tell from integers: 1.0 comes back as 1, which is the same key."""
    key, body = echo.ask(codec.encode(value))
    if key:
        assert keys.encode_key(codec.decode(body)) == keys.encode_key(value) == key
    else:
        assert "cannot travel to Python" in body.decode()


@pytest.mark.parametrize("size", [0, 1, 15, 16, 31, 32, 40, 41, 255, 256, 65535, 65536])
def test_sizes_at_the_edges_come_back(echo: Echo, size: int) -> None:
    """Heads of msgpack change at these lengths."""
    values: list[Any] = [
        "x" * size,
        "ü" * (size // 2),
        b"y" * size,
        list(range(size)),
        tuple("z" for _ in range(size)),
        (b"y" * max(0, size - 3),),
        {f"name{i}": i for i in range(size)},
        {i: i for i in range(size)} or {0: 0},
        [{"a": i, "b": "x"} for i in range(size)],
        [(i, "x") for i in range(size)],
        [{f"name{i}": i for i in range(min(size, 1200))}] * 5,
        [tuple(range(min(size, 1200)))] * 5,
        [Row(id=i, name="x") for i in range(size)],
        [Row(*range(min(size, 1200)))] * 5,
        Row(*range(min(size, 1000))),
    ]
    for value in values:
        key, body = echo.ask(codec.encode(value))
        assert key, body.decode()
        assert codec.decode(body) == value
        assert type(codec.decode(body)) is type(value)
        assert key == keys.encode_key(value)
