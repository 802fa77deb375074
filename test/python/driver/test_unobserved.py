"""Failures of jobs that nobody looks at."""

from __future__ import annotations

from typing import Any

import pytest

FAILED = (
    'isthmus: the job "mine" has failed, and nobody has asked for its result: ZeroDivisionError in operator'
)
WAIT = "while client._handle._report is None: pass"


@pytest.mark.parametrize(
    "ending",
    [
        "del client; print('goes on')",
        "print('goes on')",
    ],
    ids=["dropped", "at the end of the program"],
)
def test_a_client_that_nobody_asks(programs: Any, ending: str) -> None:
    done = programs.run(
        f"""
        env.from_collection([0]).map(lambda x: 1 // x).print()
        client = env.execute_async("mine")
        {WAIT}
        {ending}
        """
    )
    assert (done.stdout, done.returncode) == ("goes on\n", 0)
    assert done.stderr.startswith(FAILED)
    assert done.stderr.count("nobody has asked") == 1


def test_results_that_nobody_iterates(programs: Any) -> None:
    done = programs.run(
        """
        results = env.from_collection([0]).map(lambda x: 1 // x).execute_and_collect("mine")
        while results._job._report is None: pass
        """
    )
    assert done.stderr.startswith(FAILED)


@pytest.mark.parametrize(
    "look",
    [
        "client.get_job_execution_result().exception()",
        "client.get_job_status().result()",
        "try: client.get_job_execution_result().result()\nexcept Exception: pass",
    ],
)
def test_who_asks_is_not_told_again(programs: Any, look: str) -> None:
    lines = [
        "env.from_collection([0]).map(lambda x: 1 // x).print()",
        'client = env.execute_async("mine")',
        WAIT,
        *look.split("\n"),
    ]
    done = programs.run("\n".join(lines))
    assert (done.stdout, done.stderr) == ("", "")


def test_who_reads_some_and_leaves_asks_for_no_end(programs: Any) -> None:
    done = programs.run(
        """
        for x in env.from_collection([1, 2, 0]).map(lambda x: 1 // x).execute_and_collect("mine"):
            break
        with env.from_collection([1, 0]).map(lambda x: 1 // x).execute_and_collect("mine"):
            pass
        """
    )
    assert done.stderr == ""
