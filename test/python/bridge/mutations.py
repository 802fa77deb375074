"""Frames to break, and ways to break them, each at one field. Twin of ``test/bridge/mutations.ts``."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

_VECTORS = Path(__file__).resolve().parents[2] / "vectors"

#: Where each field of a header is.
HEADER_FIELDS = {
    "length": (0, 4),
    "magic": (4, 5),
    "version": (5, 6),
    "type": (6, 7),
    "flags": (7, 8),
    "channel": (8, 12),
    "count": (12, 16),
}


@dataclass
class SeedFrame:
    """A frame of the vectors, in the parts that a mutation can change."""

    type: str
    header: bytes
    body: bytes
    #: Fields of the body by name: where each is, or None where it is the entry of a map.
    fields: dict[str, tuple[int, int] | None] = field(default_factory=dict)


class Mutant(NamedTuple):
    data: bytes
    field: str
    how: str


def _read(name: str) -> Any:
    return json.loads((_VECTORS / f"{name}.json").read_text("utf-8"))


def seed_frames() -> list[SeedFrame]:
    """The frames of ``frames.json``, and the values of ``values.json`` as batches of one record."""
    seeds = []
    for vector in _read("frames")["frames"]:
        data = bytes.fromhex(vector["bytes"])
        fields = _body_fields(vector["type"], vector["flags"], vector["count"], data[16:])
        seeds.append(SeedFrame(vector["type"], data[:16], data[16:], fields))
    batch = next(seed for seed in seeds if seed.type == "BATCH")
    values = _read("values")
    payloads = [(1, 0, b"\x91" + bytes.fromhex(v["bytes"])) for v in values["values"]]
    payloads += [
        (len(v["records"]), 2 if "keys" in v else 0, bytes.fromhex(v["bytes"])) for v in values["batches"]
    ]
    for count, flags, payload in payloads:
        header = bytearray(batch.header)
        header[0:4] = len(payload).to_bytes(4, "little")
        header[7] = flags
        header[12:16] = count.to_bytes(4, "little")
        fields = _body_fields("BATCH", flags, count, payload)
        seeds.append(SeedFrame("BATCH", bytes(header), payload, fields))
    return seeds


def _body_fields(kind: str, flags: int, count: int, body: bytes) -> dict[str, tuple[int, int] | None]:
    if not body:
        return {}
    if kind == "BARRIER":
        return {"checkpoint": (0, 8), "timestamp": (8, 16), "kind": (16, 17)}
    if kind in ("BATCH", "RESULTS"):
        start = 8 * count if flags & 1 else 0
        times: dict[str, tuple[int, int] | None] = {"timestamps": (0, start)} if start else {}
        return {**times, "payload": (start, len(body))}
    if kind in ("BLOB", "STATE", "WATERMARK", "IDLE", "CREDIT", "RESULTS_CREDIT"):
        return {"body": (0, len(body))}
    return {"map": (0, len(body)), **dict.fromkeys(msgspec.msgpack.decode(body))}


#: Heads of msgpack that announce more than can be there.
_HEADS = bytes((0xC1, 0xC6, 0xC9, 0xDB, 0xDD, 0xDF, 0xD4, 0xC7, 0x9F, 0x8F, 0xBF, 0xCB, 0xCF, 0xD3))
_VALUES: list[Any] = [
    None, True, -1, 2**53, 2**63, 0.5, float("nan"), "", "x" * 300, [], [[[]]], {}, {"a": {"b": 1}}, b"\xff" * 4,
]  # fmt: skip


def _edit(data: bytes, at: int, remove: int, insert: bytes) -> bytes:
    return data[:at] + insert + data[at + remove :]


Change = Callable[[bytes, int, random.Random], bytes]

#: Ways to change bytes at a place; the length of the frame is told anew.
BODY_MUTATIONS: dict[str, Change] = {
    "flip": lambda data, at, rnd: _edit(data, at, 1, bytes((data[at] ^ 1 << rnd.randrange(8),))),
    "set": lambda data, at, rnd: _edit(data, at, 1, rnd.randbytes(1)),
    "head": lambda data, at, rnd: _edit(data, at, 1, bytes((rnd.choice(_HEADS),))),
    "ones": lambda data, at, rnd: _edit(data, at, n := min(len(data) - at, rnd.randint(1, 4)), b"\xff" * n),
    "zeros": lambda data, at, rnd: _edit(data, at, n := min(len(data) - at, rnd.randint(1, 4)), bytes(n)),
    "truncate": lambda data, at, rnd: data[:at],
    "remove": lambda data, at, rnd: _edit(data, at, rnd.randint(1, 4), b""),
    "insert": lambda data, at, rnd: _edit(data, at, 0, rnd.randbytes(rnd.randint(1, 4))),
    "repeat": lambda data, at, rnd: _edit(data, at, 0, data[at : at + rnd.randint(1, 8)]),
    "nest": lambda data, at, rnd: _edit(
        data, at, 0, rnd.choice((b"\x91", b"\x81", b"\xd4")) * rnd.randint(1, 100)
    ),
}


def mutate(seed: SeedFrame, name: str, rnd: random.Random) -> Mutant:
    """Break one field of a frame."""
    if name in HEADER_FIELDS:
        return Mutant(_mutated_header(seed.header, name, rnd) + seed.body, name, "header")
    place = seed.fields[name]
    if place is None:
        entries = msgspec.msgpack.decode(seed.body)
        if rnd.randrange(4) == 0:
            del entries[name]
        else:
            entries[name] = rnd.choice(_VALUES)
        body, how = msgspec.msgpack.encode(entries), "entry"
    else:
        start, end = place
        how = rnd.choice(list(BODY_MUTATIONS))
        changed = BODY_MUTATIONS[how](seed.body[start:end], rnd.randrange(end - start), rnd)
        body = seed.body[:start] + changed + seed.body[end:]
    return Mutant(len(body).to_bytes(4, "little") + seed.header[4:] + body, name, how)


def _mutated_header(header: bytes, name: str, rnd: random.Random) -> bytes:
    start, end = HEADER_FIELDS[name]
    if end - start == 1:
        return _edit(header, start, 1, rnd.randbytes(1))
    near = int.from_bytes(header[start:end], "little") + rnd.choice((-1, 1, 8, 256))
    value = rnd.choice((near, 0, 1, 2**32 - 1, 2**31 - 1, rnd.randrange(2**32)))
    return _edit(header, start, 4, (value % 2**32).to_bytes(4, "little"))
