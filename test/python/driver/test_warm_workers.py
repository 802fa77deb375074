"""What a warm worker keeps of the jobs it has run, and of the garbage they make: nothing that is large."""

from __future__ import annotations

import pytest

RESIDENT = """
def resident_mb():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
"""


def sizes(done) -> list[int]:
    assert (done.returncode, done.stderr) == (0, "")
    return [int(line) for line in done.stdout.split()]


def test_the_objects_of_fifty_jobs_do_not_add_up(programs):
    done = programs.run(
        RESIDENT
        + """
        class Model(MapFunction):
            def open(self, ctx):
                self.itself = self
                self.weights = bytearray(b"w") * 20_000_000

            def map(self, value):
                return resident_mb()

        for _ in range(50):
            print(*env.from_collection([1]).map(Model()).execute_and_collect())
        """.replace("\n        ", "\n"),
        timeout=120,
    )
    found = sizes(done)
    assert len(found) == 50
    # Twenty megabytes each, a gigabyte in all.
    assert max(found) < 200, found


def test_keyed_state_classes_and_collections_of_jobs_do_not_add_up(programs):
    done = programs.run(
        RESIDENT
        + """
        class Remembers(KeyedProcessFunction):
            def open(self, ctx):
                self.state = ctx.get_state(ValueStateDescriptor("s", Types.PICKLED_BYTE_ARRAY()))

            def process_element(self, value, ctx):
                self.state.update(os.urandom(1000) * 1000)
                yield resident_mb()

        class Table(MapFunction):
            rows = bytearray(b"r") * 20_000_000

            def map(self, value):
                return resident_mb() if len(self.rows) else 0

        from isthmus.datastream.state import ValueStateDescriptor

        for i in range(8):
            keyed = env.from_collection(range(40)).key_by(lambda value: value)
            collection = env.from_collection([bytes([n]) * 1_000_000 for n in range(40)])
            of_state = max(keyed.process(Remembers()).execute_and_collect())
            of_records = max(collection.map(lambda value: resident_mb()).execute_and_collect())
            print(max(of_state, of_records, *env.from_collection([1]).map(Table()).execute_and_collect()))
        """.replace("\n        ", "\n"),
        timeout=120,
    )
    found = sizes(done)
    # All there is at once, and not more with every job.
    assert max(found[4:]) < max(found[:4]) + 40, found


def test_few_objects_that_hold_much_are_collected_too(programs):
    done = programs.run(
        RESIDENT
        + """
        class Page:
            def __init__(self):
                self.itself = self
                self.text = bytearray(b"x") * 200_000

        def one(value):
            Page()
            return resident_mb()

        def many(count):
            for _ in range(count):
                Page()
                yield resident_mb()

        print(max(env.from_collection(range(2_500)).map(one).execute_and_collect()))
        print(max(env.from_collection([2_500]).flat_map(many).execute_and_collect()))
        """.replace("\n        ", "\n"),
        timeout=60,
    )
    # Half a gigabyte in all.
    assert all(size < 300 for size in sizes(done)), done.stdout


@pytest.mark.parametrize(
    "spoil",
    [
        "os.closerange(0, 3)",
        "sys.stdout = io.StringIO()",
        "sys.stderr.close()",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "sys.argv.append('left')",
    ],
)
def test_what_a_job_leaves_in_its_process_no_other_finds(programs, spoil):
    done = programs.run(
        f"""
        import io, os, signal, sys
        def spoil(n):
            {spoil}
            return n
        def look(n):
            print("said", flush=True)
            os.write(2, b"aside\\n")
            return sys.argv[1:], signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        for function in (spoil, look):
            print(list(env.from_collection([1]).map(function).execute_and_collect()))
        """
    )
    assert done.stdout.splitlines() == ["[1]", "said", "[([], True)]"]
    assert done.stderr == "aside\n"
