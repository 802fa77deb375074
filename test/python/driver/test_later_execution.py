"""Programs of one job, which are pipelines, and programs of several, which are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import isthmus
import pytest

RECORD = """
import sys
from isthmus._entry.record import record
for path in sys.argv[1:]:
    print(record(path))
"""

BEFORE = """
import sqlite3
from isthmus.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
db = sqlite3.connect(":memory:")

def job(name):
    env.from_collection([1]).to_output(name)
    env.execute(name)
"""

SEVERAL = {
    "one below the other": """
        job_a = env.from_collection([1]).print()
        env.execute("a")
        env.from_collection([1]).print()
        env.execute("b")  # again
        """,
    "in a block": """
        if __name__ == "__main__":
            env.from_collection([1]).print()
            env.execute("a")
            env.from_collection([1]).print()
            env.execute_async("b")  # again
        """,
    "in a function": """
        def main():
            env.from_collection([1]).print()
            env.execute("a")
            stream = env.from_collection([1])
            print(list(stream.execute_and_collect()))  # again
        main()
        """,
    "by calls of one function": """
        job("a")
        job("b")  # again
        """,
    "in a loop": """
        for name in ("a", "b"):
            job(name)  # again
        """,
    "of an environment made later": """
        job("a")
        other = StreamExecutionEnvironment.get_execution_environment()
        other.from_collection([1]).print()
        other.execute()  # again
        """,
    "after a block that looks at errors": """
        try:
            job("a")
        except ValueError:
            pass
        finally:
            job("b")  # again
        """,
}

ONE = {
    "another thing that executes": """
        job("a")
        db.execute("select 1")
        """,
    "the other branch": """
        if True:
            job("a")
        else:
            job("b")
        """,
    "a handler": """
        try:
            job("a")
        except ValueError:
            job("b")
        """,
    "a definition": """
        job("a")
        def more():
            job("b")
        """,
    "a loop that is left": """
        while True:
            job("a")
            break
        """,
    "rows of a collected stream": """
        for row in env.from_collection([1]).execute_and_collect():
            print(row)
        """,
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Text and answer of each program by name; a process of their own records them, for what it leaves in modules."""
    folder = tmp_path_factory.mktemp("programs")
    programs = {}
    for number, (name, body) in enumerate({**SEVERAL, **ONE}.items()):
        programs[name] = folder / f"program_{number}.py"
        programs[name].write_text(BEFORE + textwrap.dedent(body), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", RECORD, *map(str, programs.values())],
        env={**os.environ, "PYTHONPATH": str(Path(isthmus.__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answers = map(json.loads, done.stdout.splitlines())
    return {
        name: (path.read_text(encoding="utf-8"), answer)
        for (name, path), answer in zip(programs.items(), answers)
    }


@pytest.mark.parametrize("name", SEVERAL)
def test_a_program_of_several_jobs_is_no_pipeline(recorded, name):
    text, answer = recorded[name]
    line = next(n for n, line in enumerate(text.splitlines(), 1) if line.endswith("# again"))
    assert answer["later"] == line


@pytest.mark.parametrize("name", ONE)
def test_what_merely_looks_like_another_job_is_none(recorded, name):
    _, answer = recorded[name]
    assert "graph" in answer, answer["error"]
    assert "later" not in answer
