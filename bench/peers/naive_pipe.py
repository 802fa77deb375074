"""The other end of naive-pipe.ts: batches of dicts, decoded, changed, encoded."""

import struct
import sys

import msgspec

decode, encode = msgspec.msgpack.Decoder().decode, msgspec.msgpack.Encoder().encode


def enrich(record):
    record["total"] = record["price"] * record["count"]
    return record


while head := sys.stdin.buffer.read(4):
    records = decode(sys.stdin.buffer.read(struct.unpack("<I", head)[0]))
    body = encode(list(map(enrich, records)))
    sys.stdout.buffer.write(struct.pack("<I", len(body)) + body)
    sys.stdout.buffer.flush()
