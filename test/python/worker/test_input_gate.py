"""The input gate: what both hosts make of what arrives (``test/vectors/gate.json``)."""

import json
from pathlib import Path

from gate_scripts import gate_events
from isthmus._worker.runtime.input_gate import InputGate

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "gate.json").read_text())


def test_makes_of_each_script_what_the_rules_do():
    seen = {
        (s["channels"], s["arrivals"]): gate_events(s["channels"], s["arrivals"]) for s in VECTORS["scripts"]
    }
    assert seen == {(s["channels"], s["arrivals"]): s["events"] for s in VECTORS["scripts"]}


def test_named_cases():
    for case in VECTORS["cases"]:
        assert gate_events(case["channels"], case["arrivals"]) == case["events"], case["name"]


def test_a_barrier_keeps_its_kind_and_time_where_a_channel_ends():
    gate = InputGate([7, 8])
    gate.receive(7, ("barrier", 5, 1_700, 1))
    assert gate.next() is None
    gate.receive(8, ("end",))
    assert gate.next() == ("barrier", 5, 1_700, 1)
