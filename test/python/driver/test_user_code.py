"""The table of test/scenarios/user-code.json, from Python programs. Its twin is test/integration/user-code.test.ts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

_TEST = Path(__file__).parents[2]
_TABLE = json.loads((_TEST / "scenarios" / "user-code.json").read_text())


@pytest.mark.parametrize("place", _TABLE["places"])
@pytest.mark.parametrize("language", ["python", "typescript"])
def test_what_user_code_does_ends_as_it_should(programs, language, place):
    program = _TEST / "fixtures" / "user-code" / "program.py"
    done = programs.end(programs.start_file(str(program), language, place, alone=True), timeout=120)
    assert done.returncode == 0, done.stderr
    ended = dict(line.split(" = ", 1) for line in done.stderr.splitlines() if " = " in line)
    for action in _TABLE["actions"]:
        if language not in action:
            continue
        told = ended[action["does"]]
        assert told.startswith(action["ends"]), f"{action['does']}: {told}"
        assert action.get("error", "") in told, f"{action['does']}: {told}"
        assert "InternalError" not in told
        assert action.get("stdout", "") in done.stdout
        assert action.get("stderr", "") in done.stderr
