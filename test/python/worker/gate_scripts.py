"""Replays scripts of arrivals (``test/runtime/gate-scripts.ts`` says what they are of) through the gate of the Python host.

Run as a program it answers each line of stdin, a script, with a line of what the task takes.
"""

from __future__ import annotations

import json
import sys

from isthmus._worker.runtime.input_gate import Event, InputGate
from isthmus._worker.runtime.operator import MAX_TIMESTAMP
from isthmus._worker.runtime.watermarks import LAST_BEFORE_END

_KINDS = "csud"
_TIMES = {"final": MAX_TIMESTAMP, "last": LAST_BEFORE_END}
_NAMES = {time: name for name, time in _TIMES.items()}


def gate_events(channels: int, arrivals: str) -> str:
    gate = InputGate(list(range(channels)))
    events: list[str] = []
    for arrival in [*arrivals.split(), "take"]:
        channel, _, text = arrival.partition(":")
        if text:
            gate.receive(int(channel), _element(text))
            continue
        while (event := gate.next()) is not None:
            events.append(_shown(event))
        assert not gate
    return " ".join(events)


def _element(text: str) -> tuple:
    what, rest = text[0], text[1:]
    if what == "r":
        return ("batch", text)
    if what == "w":
        return ("watermark", _TIMES.get(rest) or int(rest))
    if what == "b":
        return ("barrier", int(rest[:-1]), 0, _KINDS.index(rest[-1]))
    return ("end",) if text == "end" else ("idle", text == "idle")


def _shown(event: Event) -> str:
    kind = event[0]
    if kind == "batch":
        return f"{event[1]}:{event[2][1]}"
    if kind == "watermark":
        return f"w{_NAMES.get(event[1], event[1])}"
    if kind == "barrier":
        return f"b{event[1]}{_KINDS[event[3]]}"
    if kind == "idle":
        return "idle" if event[1] else "active"
    return "end"


if __name__ == "__main__":
    for line in sys.stdin:
        script = json.loads(line)
        print(gate_events(script["channels"], script["arrivals"]))
