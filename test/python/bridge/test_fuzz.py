"""100,000 broken frames into the decoder and the codec: each is a frame after all, or a typed error.

The twin is ``test/bridge/fuzz.test.ts``. ``ISTHMUS_TEST_SEED`` and ``ISTHMUS_FUZZ_FRAMES`` set seed and number.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import sys
import time
import tracemalloc
from collections import Counter
from typing import Any

import pytest
from isthmus._bridge import codec, control, frame
from isthmus._worker.runtime.wire_batch import ChannelCodec
from isthmus._worker.state import keys
from isthmus._worker.state.storage.subtask_state import state_of_data, state_to_data
from isthmus.errors import BridgeProtocolError, CodecError, IsthmusError, StateError
from mutations import BODY_MUTATIONS, HEADER_FIELDS, Mutant, SeedFrame, mutate, seed_frames
from seed import SEED

FRAMES = int(os.environ.get("ISTHMUS_FUZZ_FRAMES", "100000"))
MAX_FRAME_BYTES = 1 << 16
MAX_SECONDS = 5.0

_BARE = {
    frame.BLOB,
    frame.STATE,
    frame.START,
    frame.RELEASE,
    frame.SHUTDOWN,
    frame.PING,
    frame.PONG,
    frame.END,
}
_FIXED = {
    frame.WATERMARK: frame.decode_watermark,
    frame.BARRIER: frame.decode_barrier,
    frame.IDLE: frame.decode_idle,
    frame.CREDIT: frame.decode_credit,
    frame.RESULTS_CREDIT: frame.decode_credit,
}
_channel = ChannelCodec("msgpack", None, "fuzz")


def _open(kind: int, flags: int, count: int, body: Any) -> list[Any]:
    """Read the body as the worker does."""
    if kind in (frame.BATCH, frame.RESULTS):
        # Pickle is code; it comes from our own workers alone.
        return [] if flags & 4 else _channel.decode(body, flags, count)[0]
    if kind in _FIXED:
        _FIXED[kind](body)
        return []
    if kind in _BARE:
        return []
    read = control.decode_control(body)
    if kind == frame.SNAPSHOT and "state" in read:
        # A state that is none is no violation of the protocol: it is refused by itself.
        with contextlib.suppress(StateError):
            state_to_data(state_of_data(read["state"]))
    return [read]


def _by_field(seeds: list[SeedFrame]) -> dict[str, list[tuple[SeedFrame, str]]]:
    found: dict[str, list[tuple[SeedFrame, str]]] = {}
    for seed in seeds:
        for name in (*HEADER_FIELDS, *seed.fields):
            found.setdefault(f"{seed.type}.{name}", []).append((seed, name))
    return found


def _feed(mutant: Mutant, rnd: random.Random, seen: Counter[str]) -> None:
    """Take the bytes in two pieces and read what is in them."""
    decoder = frame.FrameDecoder(MAX_FRAME_BYTES)
    cut = rnd.randrange(len(mutant.data))
    try:
        frames = decoder.feed(mutant.data[:cut]) + decoder.feed(mutant.data[cut:])
    except BridgeProtocolError:
        seen["protocol"] += 1
        return
    if not frames:
        seen["incomplete"] += 1
        with pytest.raises(BridgeProtocolError):
            decoder.end()
        return
    seen["opened"] += 1
    for kind, flags, _, count, body in frames:
        try:
            values = _open(kind, flags, count, body)
            seen["accepted"] += 1
            # What could be read can be written, or is refused by name.
            for value in values:
                keys.encode_key(value)
                codec.encode(value)
        except IsthmusError as e:
            seen["codec" if isinstance(e, CodecError) else "protocol"] += 1
            assert e.code in ("ISTHMUS_CODEC", "ISTHMUS_PROTOCOL")


def test_broken_frames_are_frames_or_typed_errors(capfd: pytest.CaptureFixture[str]) -> None:
    rnd = random.Random(SEED)
    by_field = _by_field(seed_frames())
    in_header = [name for name in by_field if name.partition(".")[2] in HEADER_FIELDS]
    in_body = [name for name in by_field if name not in {*in_header}]
    seen: Counter[str] = Counter()
    fields, hows, slowest = set(), set(), 0.0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for i in range(FRAMES):
        # Every field of every type in turn, bodies three times as often as headers.
        group = in_body if i % 4 else in_header
        name = group[(i // 4 + i % 4 * 31) % len(group)]
        mutant = mutate(*rnd.choice(by_field[name]), rnd)
        fields.add(name)
        hows.add(mutant.how)
        began = time.perf_counter()
        try:
            _feed(mutant, rnd, seen)
        except BaseException as e:
            raise AssertionError(
                f"seed {SEED}, frame {i}: {name} by {mutant.how}: {mutant.data.hex()}: {e!r}"
            ) from e
        slowest = max(slowest, time.perf_counter() - began)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (
        1 if sys.platform == "darwin" else 1024
    )
    past = seen["opened"] / FRAMES
    with capfd.disabled():
        print(
            f"\nfuzz Python: {FRAMES} frames, seed {SEED}: {past:.1%} past the header, "
            f"{len({name.partition('.')[0] for name in fields})} types, {len(fields)}/{len(by_field)} fields, "
            f"{len(hows)} kinds of mutation; {dict(seen)}; slowest {slowest * 1000:.1f} ms, grown by {grown >> 10} KiB"
        )
    assert past >= 0.3
    assert fields == set(by_field)
    assert hows == {"header", "entry", *BODY_MUTATIONS}
    assert slowest < MAX_SECONDS
    assert grown < 256 << 20


def test_an_announced_length_allocates_nothing() -> None:
    """Lengths of frames and values are believed when the bytes are there."""
    heads = [b"\xdd", b"\xdf", b"\xdb", b"\xc6", b"\xc9"]
    lengths = [1 << 16, 1 << 24, 1 << 28, 2**32 - 1]
    decoder = frame.FrameDecoder()
    tracemalloc.start()
    try:
        for head in heads:
            for length in lengths:
                body = head + length.to_bytes(4, "big") + b"\x01\x01"
                with pytest.raises(CodecError):
                    codec.decode(body)
                with pytest.raises(CodecError):
                    codec.decode_batch(body)
                with pytest.raises(BridgeProtocolError):
                    control.decode_control(b"\x81\xa1a" + body)
        assert decoder.feed(frame.pack_header(frame.DEFAULT_MAX_FRAME_BYTES, frame.BLOB)) == []
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
