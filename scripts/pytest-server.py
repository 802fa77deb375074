"""Runs pytest again and again for ``mutations.mjs``, in children that are forked off once all that stays the same is imported.

A line of stdin is a JSON list of pytest's arguments; a line of stdout what became of them: ``pid``, then ``failed`` and ``output``.
What is under test is imported by the child, so that a bug planted meanwhile is there.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback

import cloudpickle  # noqa: F401
import hypothesis
import hypothesis.stateful
import msgspec  # noqa: F401
import numpy  # noqa: F401
import pytest

assert hypothesis


def run(args: list[str]) -> None:
    with tempfile.TemporaryFile() as output:
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            for descriptor in (1, 2):
                os.dup2(output.fileno(), descriptor)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            code = 1
            try:
                code = int(pytest.main(args))
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass  # It has done so itself, or is over.
        say(pid=pid)
        _, status = os.waitpid(pid, 0)
        output.seek(0)
        say(failed=status != 0, output=output.read().decode(errors="replace")[-20_000:])


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


for line in sys.stdin:
    run(json.loads(line))
