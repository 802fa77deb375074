"""The programs of the guides do what the guides say.

A block of Python behind ``<!-- run -->`` is a program of its own, the block of text behind it its output. A block
behind ``<!-- file: NAME -->`` is a file beside it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
PROGRAM = re.compile(r"<!-- run -->\n```python\n(.*?)```\n```text\n(.*?)```", re.DOTALL)


def blocks() -> list[tuple[str, str, str]]:
    found = []
    for guide in ("from-pyflink.md", "from-bytewax.md"):
        text = (DOCS / guide).read_text()
        assert text.count("<!-- run -->") == len(PROGRAM.findall(text))
        found += [(guide, program, output) for program, output in PROGRAM.findall(text)]
    return found


@pytest.mark.parametrize(("guide", "program", "output"), blocks())
def test_programs_of_guides(programs, guide, program, output):
    if 'format="numpy"' in program:
        pytest.importorskip("numpy")
    for name, text in FILE.findall((DOCS / guide).read_text()):
        programs.write(name, text)
    ended = programs.run(program, prelude=False, alone=True)
    assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", output)
