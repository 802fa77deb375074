"""Code of the program that events bring about never keeps the end of a job from being told."""

from __future__ import annotations

import pytest

LOGS = """
import logging
class Handler(logging.Handler):
    def emit(self, record):
        {does}
logging.getLogger().addHandler(Handler())
def f(x):
    logging.getLogger("my").warning("record %s", x)
    return x
env.from_collection(range({records})).map(f).add_sink(lambda v: None)
env.execute()
print("done")
env.from_collection([1]).add_sink(lambda v: None)
env.execute()
print("again")
"""


@pytest.mark.parametrize(
    "does",
    ['raise ConnectionError("log server is down")', "raise SystemExit(3)", "time.sleep(3600)"],
    ids=["raises", "exits", "blocks"],
)
# More of them than may wait for a handler.
@pytest.mark.parametrize("records", [3, 1500])
def test_a_handler_of_logging_holds_nobody_up(programs, does, records):
    done = programs.run(LOGS.format(does=does, records=records))
    assert (done.returncode, done.stdout) == (0, "done\nagain\n")


def test_what_functions_log_is_out_when_the_job_is_over(programs):
    done = programs.run(LOGS.format(does="print(record.getMessage())", records=300))
    assert done.stdout.splitlines() == [*(f"record {n}" for n in range(300)), "done", "again"]


UNPICKLED = """
class Odd(Exception):
    def __init__(self, text):
        super().__init__(text)
    def __reduce__(self):
        return rebuild, (self.args[0],)
def rebuild(text):
    {does}
def f(x):
    raise Odd("odd")
env.from_collection([1]).map(f).add_sink(lambda v: None)
try:
    env.execute()
except Exception as error:
    print(type(error).__name__, "Odd in operator" in str(error), error.__cause__)
"""


@pytest.mark.parametrize("does", ["raise RuntimeError", "sys.exit(3)", "return text"])
def test_an_exception_that_cannot_be_unpickled_is_told(programs, does):
    done = programs.run(UNPICKLED.format(does=does))
    assert (done.returncode, done.stdout, done.stderr) == (0, "UserFunctionError True None\n", "")


def test_a_callback_that_raises_harms_nobody(programs):
    done = programs.run(
        """
        def broken(job): raise ValueError("broken")
        env.from_collection([1]).map(lambda v: time.sleep(0.2)).add_sink(lambda v: None)
        client = env.execute_async()
        client._handle.add_done_callback(broken)
        client._handle.add_done_callback(lambda job: print(job.status()))
        client.get_job_execution_result().result()
        print(env.from_collection([1]).execute_and_collect(limit=1))
        """
    )
    assert done.stdout == "FINISHED\n[1]\n"
    assert "ValueError: broken" in done.stderr
