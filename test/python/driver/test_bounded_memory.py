"""Memory is bounded however fast a producer and however large its records: of the worker and of the runtime."""

from __future__ import annotations

import pytest

PROGRAM = """
from isthmus import ts

def resident_mb(process="self"):
    with open(f"/proc/{process}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

class Slow:
    \"\"\"Takes its time for the first records, and remembers how large worker and runtime were.\"\"\"

    most, taken = 0, 0

    def __call__(self, value):
        self.taken += 1
        if self.taken <= 40:
            time.sleep(0.025)
        if self.taken <= 40 or self.taken % 64 == 1:
            self.most = max(self.most, resident_mb(), resident_mb(os.getppid()) - 100)
        return self.most

class SlowMap(MapFunction):
    def open(self, ctx):
        self.slow = Slow()

    def map(self, value):
        return self.slow(value)

def made(count, size, at_once=False):
    def records():
        for n in range(count):
            yield bytes([n % 256]) * size
    if not at_once:
        return env.from_source(records)
    return env.from_collection([0]).flat_map(lambda _: records())

def of_a_timer(count, size):
    class OnTimer(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_processing_time_timer(1)
        def on_timer(self, timestamp, ctx):
            for n in range(count):
                yield bytes([n % 256]) * size
    def source():
        yield 0
        time.sleep(0.3)
    return env.from_source(source).key_by(lambda _: 0).process(OnTimer())

def most(results):
    most, count = 0, 0
    for result in results:
        count += 1
        most = max(most, result)
    print(count, most)
"""

MAKERS = {
    "a source": "made({count}, {size})",
    "one record": "made({count}, {size}, at_once=True)",
    "a timer": "of_a_timer({count}, {size})",
}
ROADS = {
    "chain": "",
    "key_by": ".key_by(lambda value: value[0])",
    "rebalance": ".rebalance()",
    "TypeScript": '.map(ts("./same.ts", "same"))',
}


def check(programs, body: str, count: int, bound_mb: int = 250) -> None:
    programs.write("same.ts", "export const same = (value: unknown) => value;")
    done = programs.run(PROGRAM + body, timeout=60)
    # On a busy machine the runtime may warn that a function has held its loop.
    assert done.returncode == 0, done.stderr
    found, most = map(int, done.stdout.split())
    assert found == count
    assert most < bound_mb, most


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("made", MAKERS)
def test_large_records_before_a_slow_function(programs, made, road):
    made = MAKERS[made].format(count=300, size=1_000_000)
    check(programs, f"most({made}{ROADS[road]}.map(SlowMap()).execute_and_collect())", 300)


@pytest.mark.parametrize("made", MAKERS)
def test_large_records_for_a_slow_program(programs, made):
    made = MAKERS[made].format(count=300, size=1_000_000)
    slow = "slow = Slow()"
    check(programs, f"{slow}\nmost(map(slow, {made}.execute_and_collect()))", 300)


@pytest.mark.parametrize("road", ["chain", "TypeScript"])
@pytest.mark.parametrize("of", ["a record", "a timer"])
def test_many_small_records_of_one_call(programs, of, road):
    made = MAKERS["one record" if of == "a record" else "a timer"].format(count=200_000, size=3)
    check(programs, f"most({made}{ROADS[road]}.map(SlowMap()).execute_and_collect())", 200_000, 150)


@pytest.mark.parametrize("road", ["chain", "TypeScript"])
@pytest.mark.parametrize("size, count", [(3, 200_000), (1_000_000, 300)])
def test_a_side_output_of_one_record(programs, road, size, count):
    check(
        programs,
        f"""
tag = OutputTag("aside", Types.PICKLED_BYTE_ARRAY())

class Aside(ProcessFunction):
    def process_element(self, value, ctx):
        for n in range({count}):
            yield tag, bytes([n % 256]) * {size}

main = env.from_collection([0]).process(Aside())
main.map(lambda value: value).add_sink(lambda value: None)
most(main.get_side_output(tag){ROADS[road]}.map(SlowMap()).execute_and_collect())
""",
        count,
    )


@pytest.mark.parametrize("of", ["{}", "(n, {})"])
def test_a_record_in_a_while_that_is_large(programs, of):
    record = of.format('b"x" * (2_000_000 if n % 50 == 0 else 10)')
    size = "len" if of == "{}" else "lambda value: len(value[1])"
    check(
        programs,
        f"""
def mixed():
    for n in range(20_000):
        yield {record}
size = {size}
most(env.from_source(mixed).key_by(size).map(lambda v: v).key_by(size).map(SlowMap()).execute_and_collect())
""",
        20_000,
        # They are weighed by samples until one of them is met. Counted alone, they would take gigabytes.
        bound_mb=600,
    )
