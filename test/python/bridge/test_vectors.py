"""The vectors that both languages read (``test/vectors/README.md``); ``test/bridge/vectors.test.ts`` is the twin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from described import describe, from_description, normal
from isthmus._bridge import codec, control, frame
from isthmus._bridge.codec import ext
from isthmus._worker.runtime.wire_batch import ChannelCodec
from isthmus._worker.state import keys
from isthmus.errors import BridgeProtocolError, CodecError

_VECTORS = Path(__file__).resolve().parents[2] / "vectors"


def _read(name: str) -> Any:
    return json.loads((_VECTORS / f"{name}.json").read_text("utf-8"))


VALUES = _read("values")
KEYS = _read("keys")
FRAMES = _read("frames")


def _named(vectors: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("vector", vectors, ids=lambda v: v.get("name", v.get("type")))


@_named(VALUES["values"])
def test_value(vector: dict[str, Any]) -> None:
    encodings = [vector["bytes"], *vector.get("also", [])]
    for encoded in encodings:
        assert describe(codec.decode(bytes.fromhex(encoded))) == normal(vector["value"])
    assert codec.encode(from_description(vector["value"])).hex() in encodings


def test_dtypes() -> None:
    assert sorted(ext.DTYPES) == sorted(VALUES["dtypes"])


@_named(VALUES["batches"])
def test_batch(vector: dict[str, Any]) -> None:
    records, batch_keys = codec.decode_batch(bytes.fromhex(vector["bytes"]), "keys" in vector)
    assert [describe(record) for record in records] == [normal(record) for record in vector["records"]]
    given = [from_description(record) for record in vector["records"]]
    if batch_keys is None:
        assert codec.encode_batch(given).hex() == vector["bytes"]
    else:
        assert [describe(key) for key in batch_keys] == [normal(key) for key in vector["keys"]]
        assert (
            codec.encode_batch(given, [from_description(key) for key in vector["keys"]]).hex()
            == vector["bytes"]
        )


@_named(VALUES["refused"])
def test_refused_value(vector: dict[str, Any]) -> None:
    body = bytes.fromhex(vector["bytes"])
    if vector.get("refusedBy") == "typescript":
        codec.decode(body)  # the protocol's page says so
        return
    if vector["reads"] == "value":
        with pytest.raises(CodecError):
            codec.decode(body)
        with pytest.raises(CodecError):
            codec.decode_batch(b"\x91" + body)
    else:
        with pytest.raises(CodecError):
            codec.decode_batch(body, vector["reads"] == "keyed")


@_named(KEYS["keys"])
def test_key(vector: dict[str, Any]) -> None:
    for described in vector["keys"]:
        key = from_description(described)
        encoded = keys.encode_key(key)
        assert encoded.hex() == vector["bytes"]
        assert keys.key_hash(encoded) == vector["hash"]
        for maximum, group in vector["groups"].items():
            assert keys.key_group(encoded, int(maximum)) == group
        for shape, subtask in vector["subtasks"].items():
            parallelism, maximum = map(int, shape.split("/"))
            router = keys.KeyGroups(maximum, parallelism)
            assert keys.subtask_of_key_group(router.group(key), parallelism, maximum) == subtask
            assert router.targets([key, key]) == [subtask, subtask]


def test_keys_that_differ_have_different_bytes() -> None:
    assert len({vector["bytes"] for vector in KEYS["keys"]}) == len(KEYS["keys"])


@pytest.mark.parametrize("vector", KEYS["ranges"], ids=lambda v: f"{v['parallelism']}/{v['maxParallelism']}")
def test_key_group_ranges(vector: dict[str, Any]) -> None:
    for subtask, expected in enumerate(vector["ranges"]):
        assert (
            list(keys.key_group_range(subtask, vector["parallelism"], vector["maxParallelism"])) == expected
        )


@_named(FRAMES["frames"])
def test_frame(vector: dict[str, Any]) -> None:
    code, flags, channel, count = (vector[field] for field in ("code", "flags", "channel", "count"))
    assert getattr(frame, vector["type"]) == code
    body, whole = bytes.fromhex(vector["body"]), bytes.fromhex(vector["bytes"])
    assert frame.pack_frame(code, flags, channel, count, body) == whole
    assert frame.pack_header(len(body), code, flags, channel, count) + body == whole

    decoder = frame.FrameDecoder()
    decoded = decoder.feed(whole)
    for i in range(len(whole)):
        decoded += decoder.feed(whole[i : i + 1])
    decoder.end()
    assert [(*head, bytes(b)) for *head, b in decoded] == [(code, flags, channel, count, body)] * 2
    _check_body(vector, body)


def _check_body(vector: dict[str, Any], body: bytes) -> None:
    if "map" in vector:
        assert control.decode_control(body) == vector["map"]
        assert control.encode_control(vector["map"]) == body
    if "watermark" in vector:
        assert frame.decode_watermark(body) == int(vector["watermark"])
        assert frame.encode_watermark(int(vector["watermark"])) == body
    if "barrier" in vector:
        barrier = vector["barrier"]
        fields = (int(barrier["checkpoint"]), int(barrier["timestamp"]), barrier["kind"])
        assert frame.decode_barrier(body) == fields
        assert frame.encode_barrier(*fields) == body
    if "idle" in vector:
        assert frame.decode_idle(body) is vector["idle"]
        assert frame.encode_idle(vector["idle"]) == body
    if "credit" in vector:
        assert frame.decode_credit(body) == vector["credit"]
        assert frame.encode_credit(vector["credit"]) == body
    if "records" in vector:
        records = [from_description(record) for record in vector["records"]]
        batch_keys = [from_description(key) for key in vector["keys"]] if "keys" in vector else None
        timestamps = [int(t) for t in vector["timestamps"]] if "timestamps" in vector else None
        channel = ChannelCodec("msgpack", None, "op")
        assert channel.encode(records, timestamps, batch_keys) == body
        decoded = channel.decode(body, vector["flags"], vector["count"])
        assert (decoded[0], decoded[1] and list(decoded[1]), decoded[2]) == (records, timestamps, batch_keys)


def test_every_type_has_a_vector() -> None:
    assert {vector["code"] for vector in FRAMES["frames"]} == frame.TYPES


@_named(FRAMES["refusedHeaders"])
def test_refused_header(vector: dict[str, Any]) -> None:
    whole, field = bytes.fromhex(vector["bytes"]), vector["field"]
    expected = "stream ended inside a frame" if field == "ended" else f"^{field}: "
    for size in (1, 5, len(whole)):
        decoder = frame.FrameDecoder()
        with pytest.raises(BridgeProtocolError, match=expected):
            for at in range(0, len(whole), size):
                decoder.feed(whole[at : at + size])
            decoder.end()


@_named(FRAMES["refusedBodies"])
def test_refused_body(vector: dict[str, Any]) -> None:
    decode: Any = {
        "IDLE": frame.decode_idle,
        "BARRIER": frame.decode_barrier,
        "HELLO": control.decode_control,
    }
    with pytest.raises(BridgeProtocolError):
        decode[vector["type"]](bytes.fromhex(vector["body"]))
