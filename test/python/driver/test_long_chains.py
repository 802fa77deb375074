"""Chains of any length, whose frames are not taken from those of the user's functions."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("length", [300, 1000])
def test_process_functions_in_a_row(programs, length):
    done = programs.run(
        f"""
        class AddsOne(ProcessFunction):
            def process_element(self, value, ctx):
                yield value + 1

        def deep(levels):
            return 0 if levels == 0 else 1 + deep(levels - 1)

        stream = env.from_collection([0, 1, 2])
        for _ in range({length}):
            stream = stream.process(AddsOne())
        print(*stream.map(lambda value: (value, deep(900))).execute_and_collect())
        """,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n")[0] == " ".join(str((length + n, 900)) for n in range(3))
