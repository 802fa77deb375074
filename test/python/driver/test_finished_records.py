"""A finished record reaches its consumer whatever the function does with the next one: a call may take minutes.

In each job a function waits at one record until the consumer has seen all records before it, and says whether it has.
"""

from __future__ import annotations

import os

import pytest

PROGRAM = """
from isthmus import ts

seen = os.environ["SEEN"]

def see(value):
    with open(seen, "a") as file:
        file.write(f"{value}\\n")
    return value

def lines():
    with open(seen) as file:
        return file.read().count("\\n")

def released(count, before=0):
    deadline = time.monotonic() + 10
    while lines() - before < count:
        if time.monotonic() > deadline:
            return f"only {lines() - before} of {count} were seen"
        time.sleep(0.001)
    return "released"

class Waits(MapFunction):
    def __init__(self, at, before):
        self.at, self.before = at, before

    def map(self, value):
        return released(value, self.before) if value == self.at else str(value)

class Yields(FlatMapFunction):
    def __init__(self, before):
        self.before = before

    def flat_map(self, at):
        for value in range(at):
            yield str(value)
        yield released(at, self.before)

class Holds(KeyedProcessFunction):
    def __init__(self, before):
        self.before = before

    def process_element(self, at, ctx):
        self.at = at
        ctx.timer_service().register_processing_time_timer(1)

    def on_timer(self, timestamp, ctx):
        yield from Yields(self.before).flat_map(self.at)

def one_by_one(at, before=0):
    return env.from_collection(range(at + 1)).map(Waits(at, before))

def all_of_one(at, before=0):
    return env.from_collection([at]).flat_map(Yields(before))

def of_a_timer(at, before=0):
    def source():
        yield at
        time.sleep(0.1)  # It fires before the input ends.

    return env.from_source(source).key_by(lambda value: 0).process(Holds(before))

def told(at, results):
    results = [*map(str, results)]
    odd = [result for result in results if not result.isdecimal() and result != "released"]
    print(at, *(odd or ["ok"]) if len(results) == at + 1 else [len(results)])
"""

SEE = """
import { appendFileSync } from 'node:fs';
export function see(value: string): string {
  appendFileSync(process.env.SEEN as string, `${value}\\n`);
  return value;
}
"""

#: The first records of a job go one by one; behind them the others in chunks.
FEW = [1, 2, 3, 4, 5, 6, 10, 20, 127]
MANY = [129, 500, 1500]


def check(programs, body: str) -> None:
    programs.write("see.ts", SEE)
    seen = programs.folder / "seen"
    seen.write_text("")
    env = {**os.environ, "SEEN": str(seen)}
    done = programs.run(PROGRAM + body, timeout=120, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines
    assert [line for line in lines if not line.endswith(" ok")] == []


ROADS = {
    "key_by": ".key_by(len).map(see)",
    "three times key_by": ".key_by(len).map(lambda v: v).key_by(len).map(lambda v: v).key_by(len).map(see)",
    "rebalance": ".rebalance().map(see).set_parallelism(2)",
    "TypeScript": '.map(ts("./see.ts", "see"))',
    "TypeScript and back": '.map(ts("./see.ts", "see")).map(lambda value: value)',
}


@pytest.mark.parametrize("road", ROADS)
def test_records_before_a_slow_one_reach_the_next_task(programs, road):
    check(
        programs,
        f"""
for at in {FEW}:
    told(at, one_by_one(at, lines()){ROADS[road]}.execute_and_collect())
""",
    )


@pytest.mark.parametrize("made", ["one_by_one", "all_of_one", "of_a_timer"])
def test_other_processes_have_what_was_made_within_a_call(programs, made):
    check(
        programs,
        f"""
for at in {[*FEW, *MANY]}:
    told(at, {made}(at, lines()).map(ts("./see.ts", "see")).execute_and_collect())
""",
    )


@pytest.mark.parametrize("made", ["one_by_one", "all_of_one", "of_a_timer"])
def test_the_program_has_what_was_made_within_a_call(programs, made):
    check(
        programs,
        f"""
for at in {[*FEW, *MANY]}:
    told(at, map(see, {made}(at, lines()).execute_and_collect()))
""",
    )


@pytest.mark.parametrize("made", ["one_by_one", "all_of_one", "of_a_timer"])
def test_a_side_output_has_what_was_made_within_a_call(programs, made):
    check(
        programs,
        f"""
tag = OutputTag("aside", Types.STRING())

class Aside(ProcessFunction):
    def process_element(self, value, ctx):
        yield tag, value

for at in {[*FEW, *MANY]}:
    aside = {made}(at, lines()).process(Aside())
    told(at, aside.get_side_output(tag).map(ts("./see.ts", "see")).execute_and_collect())
""",
    )


@pytest.mark.parametrize("made", ["one_by_one", "all_of_one", "of_a_timer"])
def test_lines_before_a_slow_one_are_printed(programs, made):
    seen = programs.folder / "printed"
    counts = [*FEW, *MANY]
    with open(seen, "a") as out:
        child = programs.start(
            PROGRAM
            + f"""
for at in {counts}:
    {made}(at, lines()).print()
    env.execute()
""",
            stdout=out,
            env={**os.environ, "SEEN": str(seen)},
        )
        _, errors = child.communicate(timeout=120)
    assert (child.returncode, errors) == (0, "")
    lines = seen.read_text().splitlines()
    assert [line for line in lines if not line.isdecimal()] == ["released"] * len(counts)
    assert len(lines) == sum(counts) + len(counts)
