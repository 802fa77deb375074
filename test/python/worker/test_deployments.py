"""The types of job graphs and deployments, which check what is read, held to ``test/vectors/deployments.json`` as TypeScript's."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from isthmus._bridge.control import decode_control, encode_control
from isthmus._program.job_graph import SubmittedGraph
from isthmus._program.shape import WrongField, check_of, checked
from isthmus._worker.runtime.deployment import SlotDeployment
from isthmus.errors import BridgeProtocolError

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "deployments.json").read_text())
SHAPES: dict[str, Any] = {"graph": SubmittedGraph, "deployment": SlotDeployment}


@pytest.mark.parametrize("of", SHAPES)
def test_what_is_right_is_taken_and_comes_through_the_codec_as_it_was(of):
    for value in map(with_bytes, VECTORS[of]["valid"]):
        read = decode_control(encode_control(value))
        assert checked(read, SHAPES[of], "it") is read
        assert decode_control(encode_control(read)) == read == value


@pytest.mark.parametrize("of", SHAPES)
def test_the_field_that_is_wrong_is_named_as_in_typescript(of):
    valid, changes = VECTORS[of]["valid"][0], VECTORS[of]["changed"]
    assert len(changes) > 500
    found = [wrong_field(with_bytes(changed(valid, **change)), SHAPES[of]) for change in changes]
    assert list(zip(changes, found)) == [(change, change["wrong"]) for change in changes]


def test_an_error_says_where_what_was_expected_and_what_is_there():
    def said(at, set):
        with pytest.raises(BridgeProtocolError) as raised:
            checked(changed(VECTORS["deployment"]["valid"][0], at, set=set), SlotDeployment, "DEPLOY")
        return str(raised.value)

    assert said(["tasks", 0, "name"], 1) == "DEPLOY: tasks[0].name: expected a text, got 1"
    assert said(["tasks", 1, "chain", 0, "fns", "trigger", "form"], "text") == (
        'DEPLOY: tasks[1].chain[0].fns.trigger.form: expected "pickle" or "import" or "closure" or "module", got "text"'
    )
    assert said(["tasks", 0, "chian"], []) == "DEPLOY: tasks[0].chian: is not known"


def wrong_field(value: Any, shape: Any) -> str | None:
    try:
        check_of(shape)(value, "")
    except WrongField as e:
        return e.path
    return None


def changed(
    value: Any, at: list[Any], *, set: Any = None, remove: bool = False, wrong: str | None = None
) -> Any:
    result = copy.deepcopy(value)
    inner = result
    for name in at[:-1]:
        inner = inner[name]
    if remove:
        del inner[at[-1]]
    else:
        inner[at[-1]] = set
    return result


def with_bytes(value: Any) -> Any:
    """JSON has no bytes: they are written as an object of their base64."""
    if isinstance(value, list):
        return [with_bytes(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    return {name: with_bytes(each) for name, each in value.items()}
