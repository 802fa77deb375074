"""``test/vectors/subtask-state.json`` and ``identity.json``; ``test/state/storage/state-vectors.test.ts`` is the twin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from isthmus._bridge.control import decode_control, encode_control
from isthmus._worker.state.identity import check_identity, refusal
from isthmus._worker.state.storage.subtask_state import (
    ChunkHandle,
    KeptOperator,
    KeptTable,
    SubtaskState,
    state_of_data,
    state_to_data,
)
from isthmus.errors import StateError

_VECTORS = Path(__file__).resolve().parents[3] / "vectors"
STATES = json.loads((_VECTORS / "subtask-state.json").read_text("utf-8"))
CASES = json.loads((_VECTORS / "identity.json").read_text("utf-8"))["cases"]


def _named(vectors: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("vector", vectors, ids=lambda v: v["name"])


def _hex(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _hex(item) for name, item in value.items()}
    return [*map(_hex, value)] if isinstance(value, list) else value


@_named(STATES["states"])
def test_a_state_as_data(vector: dict[str, Any]) -> None:
    data = decode_control(bytes.fromhex(vector["bytes"]))
    assert _hex(data) == vector["data"]
    assert encode_control(state_to_data(state_of_data(data))).hex() == vector["bytes"]


@_named(STATES["refused"])
def test_what_is_no_state(vector: dict[str, Any]) -> None:
    with pytest.raises(StateError) as caught:
        state_of_data(msgspec.msgpack.decode(bytes.fromhex(vector["bytes"])))
    assert str(caught.value) == vector["error"]


def _operator(given: dict[str, Any], tables: dict[str, list[int]]) -> KeptOperator:
    return KeptOperator(
        given["uid"],
        given["name"],
        given["kind"],
        given["language"],
        given.get("keyType"),
        [
            KeptTable(name, "keyed", [ChunkHandle(2, group, 0, 0, 0, 0, b"") for group in groups])
            for name, groups in tables.items()
        ],
    )


@_named(CASES)
def test_whether_state_is_an_operators(vector: dict[str, Any]) -> None:
    was = _operator(vector["was"], vector["tables"])
    now = None if vector["now"] is None else _operator(vector["now"], {})
    maximum = vector["maxParallelism"]
    assert refusal(was, vector["wasMaxParallelism"], now, maximum) == vector["refusal"]
    state = SubtaskState(0, 1, vector["wasMaxParallelism"], [], [was])
    chain = [] if now is None else [now]
    if vector["refusal"] is None:
        ((kept,),) = (each.operators for each in check_identity([state], chain, maximum))
        same = now is None or (was.kind, was.language) == (now.kind, now.language)
        assert kept.tables == (was.tables if same else [])
    else:
        with pytest.raises(StateError) as caught:
            check_identity([state], chain, maximum)
        assert str(caught.value) == vector["refusal"]
