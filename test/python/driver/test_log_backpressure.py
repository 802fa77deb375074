"""A program that takes its time with log records holds up who logs: nothing is lost, and nothing piles up."""

from __future__ import annotations

import pytest

PROGRAM = """
import logging, threading

class Slow(logging.Handler):
    taken, most = 0, 0

    def emit(self, record):
        time.sleep(0.0002)
        self.taken += 1
        if self.taken % 100 == 0:
            self.most = max(self.most, runtime_mb())

def runtime_mb():
    children = open(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read().split()
    sizes = [int(open(f"/proc/{c}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20 for c in children]
    return max(sizes, default=0)

slow = Slow()
logging.getLogger().addHandler(slow)
log = logging.getLogger("flood")

def in_function(value):
    log.warning("%d %s", value, "x" * 60_000)
    return value

def in_thread(value):
    # Another thread logs while the loop waits for it.
    thread = threading.Thread(target=in_function, args=(value,))
    thread.start()
    thread.join()
    return value
"""


@pytest.mark.parametrize(("where", "parallelism"), [("in_function", 1), ("in_thread", 2)])
def test_a_flood_of_log_records_is_held_up(programs, where, parallelism):
    done = programs.run(
        PROGRAM
        + f"""
env.set_parallelism({parallelism})
env.from_collection(range(3_000)).rebalance().map({where}).key_by(lambda v: v % 7).add_sink(lambda v: None)
env.execute()
print(slow.taken, slow.most)
""",
        timeout=90,
    )
    assert (done.returncode, done.stderr) == (0, "")
    taken, most = map(int, done.stdout.split())
    assert taken == 3_000
    assert most < 190
