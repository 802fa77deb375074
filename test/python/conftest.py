"""Programs as processes of their own, for what only a whole process shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import isthmus
import pytest
from hypothesis import HealthCheck, core, settings
from seed import SEED

#: How long a program may take: one that hangs takes longer, and no load of a machine does.
LIMIT_S = 120.0

# Properties are tried on the same values in every run: those of one seed, and none that failed here once.
core.global_force_seed = SEED
settings.register_profile(
    # A machine that is busy is no failure.
    "seeded",
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("seeded")

#: Told on a machine that is busy of functions that are quick; what tells it has a test of its own.
_HELD_LOOP = re.compile(r'^Operator ".*" held the event loop for \d+ ms with one record; .*\n', re.MULTILINE)
# The package under test: the checkout's, or an installed one.
_PACKAGE = str(Path(isthmus.__file__).parents[1])
#: What most programs begin with.
PRELUDE = """\
import os, sys, time
from isthmus.common import *
from isthmus.datastream import *
from isthmus.datastream.functions import *
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
"""


class Programs:
    """Runs programs in a folder of the test's own."""

    prelude = PRELUDE

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def start(
        self, text: str, *args: str, alone: bool = False, prelude: bool = True, **more: Any
    ) -> subprocess.Popen[str]:
        """Start a program: by ``python -m isthmus``, or alone as ``python program.py``."""
        path = self.write("program.py", (PRELUDE if prelude else "") + textwrap.dedent(text))
        return self.start_file(str(path), *args, alone=alone, **more)

    def start_file(self, path: str, *args: str, alone: bool = False, **more: Any) -> subprocess.Popen[str]:
        command = [sys.executable, *([] if alone else ["-m", "isthmus"]), path, *args]
        return self.start_command(command, **more)

    def start_command(
        self, command: list[str], env: dict[str, str] | None = None, **more: Any
    ) -> subprocess.Popen[str]:
        given: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "cwd": self.folder,
            "start_new_session": True,
            **more,
        }
        environment = {**os.environ, "PYTHONPATH": _PACKAGE, **(env or {})}
        child = subprocess.Popen(command, env=environment, **given)
        self._started.append(child)
        return child

    def run(
        self, text: str, *args: str, input: str = "", timeout: float = LIMIT_S, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end."""
        return self.end(self.start(text, *args, **more), input, timeout)

    def run_file(
        self, path: str, *args: str, input: str = "", **more: Any
    ) -> subprocess.CompletedProcess[str]:
        return self.end(self.start_file(path, *args, **more), input)

    def end(
        self, child: subprocess.Popen[str], input: str = "", timeout: float = LIMIT_S
    ) -> subprocess.CompletedProcess[str]:
        out, err = child.communicate(input, timeout=timeout)
        return subprocess.CompletedProcess(child.args, child.returncode, out, _HELD_LOOP.sub("", err or ""))

    def close(self) -> None:
        for child in self._started:
            if child.poll() is None:
                child.kill()
                child.wait()
            for stream in (child.stdin, child.stdout, child.stderr):
                if stream is not None:
                    stream.close()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    made = Programs(tmp_path)
    yield made
    made.close()


def pytest_report_header() -> str:
    return f"seed {SEED} (test/seed.json, or ISTHMUS_TEST_SEED)"
