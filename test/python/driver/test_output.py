"""What a program, its functions in both languages and its print sinks write: where it goes, whole, and what its end means."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import time

import pytest

TYPESCRIPT = r"""
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { Readable } from 'node:stream';
export function log(x: number) { console.log('said', x); return x; }
export function err(x: number) { console.error('said', x); return x; }
export function parts(x: number) { process.stdout.write('said'); process.stdout.write(` ${x}\n`); return x; }
export function sync(x: number) { writeSync(1, `said ${x}\n`); return x; }
export function child(x: number) { spawnSync('echo', ['said', String(x)], { stdio: 'inherit' }); return x; }
export function piped(x: number) { Readable.from([`said ${x}\n`]).pipe(process.stdout); return x; }
export function ends(x: number) { process.stdout.end(`said ${x}\n`); return x; }
export function closes(x: number) {
  if (x === 1) for (const fd of [0, 1, 2]) closeSync(fd);
  if (x === 2) for (let i = 0; i < 3; i++) openSync('/dev/null', 'r+');
  if (x === 2) writeSync(1, 'nobody reads this\n');
  return x;
}
export async function later(x: number) { await null; console.log(`${x}:`.padEnd(x % 2 ? 30 : 7000, 'x') + ';'); return x; }
export function chatty(x: number) { for (let i = 0; i < 200; i++) console.log('x'.repeat(2000)); return x; }
"""

JOB = """
from isthmus import ts
env.from_collection([1, 2, 3]).map(ts("./functions.ts", {name!r})).print()
env.execute()
print("end")
"""


def sorted_lines(text: str) -> list[str]:
    return sorted(text.splitlines())


@pytest.mark.parametrize("name", ["log", "err", "parts", "sync", "child", "piped", "ends"])
def test_what_typescript_functions_write_is_the_programs(programs, name):
    programs.write("functions.ts", TYPESCRIPT)
    done = programs.run(JOB.format(name=name))
    said = [f"said {n}" for n in (1, 2, 3)]
    assert sorted_lines(done.stderr) == (said if name == "err" else [])
    assert sorted_lines(done.stdout) == ["1", "2", "3", "end", *([] if name == "err" else said)]
    assert done.stdout.endswith("end\n")
    assert done.returncode == 0


def test_typescript_functions_that_close_their_descriptors_harm_nothing(programs):
    programs.write("functions.ts", TYPESCRIPT)
    done = programs.run(JOB.format(name="closes"))
    assert (done.stdout, done.stderr, done.returncode) == ("1\n2\n3\nend\n", "", 0)


@pytest.mark.parametrize(
    "closed", [c for n in (1, 2, 3) for c in itertools.combinations(("<&-", ">&-", "2>&-"), n)], ids=" ".join
)
@pytest.mark.parametrize("program", ["python", "typescript functions"])
def test_a_program_without_descriptors_runs_its_jobs(programs, closed, program):
    """Daemons are started so. Whatever is opened first has the numbers of stdin, stdout and stderr then."""
    programs.write("functions.ts", TYPESCRIPT)
    function = "lambda x: (print('said', x), x)[1]" if program == "python" else "ts('./functions.ts', 'log')"
    programs.write(
        "program.py",
        f"""\
{programs.prelude}
from isthmus import ts
env.from_collection([1, 2, 3]).map({function}).print()
env.execute()
open("collected", "w").write(str(list(env.from_collection([4]).map({function}).execute_and_collect())))
""",
    )
    command = f"{sys.executable} program.py {' '.join(closed)}"
    done = programs.end(programs.start_command(["sh", "-c", command]))
    assert (programs.folder / "collected").read_text() == "[4]"
    assert done.returncode == 0
    if ">&-" not in closed:
        assert sorted_lines(done.stdout) == sorted(["1", "2", "3", *(f"said {n}" for n in (1, 2, 3, 4))])
    assert done.stderr == ""


LINES = """
env.set_parallelism(4)
length, count = {length}, {count}
def line(n):
    return f"{{n}}:".ljust(length, "x") + ";"
def say(n):
    print(line(n))
    return n
numbers = env.from_collection(range(count)).rebalance()
if {writer!r} == "sink":
    numbers.map(line).print()
elif {writer!r} == "function":
    numbers.map(say).add_sink(lambda v: None)
elif {writer!r} == "child":
    numbers.map(lambda n: os.write(1, (line(n) + "\\n").encode())).add_sink(lambda v: None)
else:
    from isthmus import ts
    numbers.map(say).map(ts("./functions.ts", "later")).print()
env.execute()
"""


def read_slowly(child: subprocess.Popen[str]) -> list[str]:
    """A reader that lets the writers wait: it takes little more than what a pipe takes at once."""
    assert child.stdout is not None
    data = b""
    while piece := os.read(child.stdout.fileno(), 5_000):
        data += piece
        if len(data) % 8 == 0:
            time.sleep(0.001)
    assert child.wait() == 0
    assert data.endswith(b"\n")
    return data.decode().splitlines()


@pytest.mark.parametrize(
    ("writer", "length", "count"),
    [
        ("sink", 10, 20_000),
        ("sink", 130, 10_000),
        ("sink", 6_000, 1_000),
        ("sink", 100_000, 60),
        ("function", 130, 2_000),
        ("function", 6_000, 500),
        ("function", 100_000, 40),
        ("child", 6_000, 500),
        ("mixed", 6_000, 400),
    ],
)
def test_lines_are_whole_and_each_there_once(programs, writer, length, count):
    programs.write("functions.ts", TYPESCRIPT)
    text = LINES.format(writer=writer, length=length, count=count)
    lines = read_slowly(programs.start(text))
    printed = [re.fullmatch(r"(?:[1-4]> )?(\d+):?(x*);?", line) for line in lines]
    assert None not in printed
    numbers = sorted(int(match[1]) for match in printed if match)
    times = 3 if writer == "mixed" else 1
    assert numbers == [n for n in range(count) for _ in range(times)]
    ended = [line for line in lines if line.endswith(";")]
    if writer != "mixed":
        assert {len(line.rpartition("> ")[2]) for line in ended} == {length + 1}


ENDLESS = """
def numbers():
    n = 0
    while True:
        yield n
        n += 1
env.set_parallelism(2)
env.from_source(numbers).map(lambda n: n){map}.print()
env.execute()
print("not reached")
"""


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("writer", ["python", "typescript"])
def test_an_endless_job_ends_quietly_when_its_reader_has_gone(programs, alone, writer):
    programs.write("functions.ts", "export const same = (n: number) => n;")
    map_ = ".map(__import__('isthmus').ts('./functions.ts', 'same'))" if writer == "typescript" else ""
    child = programs.start(ENDLESS.format(map=map_), alone=alone)
    assert re.fullmatch(r"[12]> \d+\n", child.stdout.readline())
    child.stdout.close()
    assert child.wait(timeout=30) == 141
    assert child.stderr.read() == ""


def test_the_end_of_the_reader_can_be_caught(programs):
    done = programs.start(
        """
        from isthmus.errors import OutputError
        try:
            env.from_source(lambda: iter(range(10**9))).print()
            env.execute()
        except OutputError as e:
            print(e.code, file=sys.stderr)
        """
    )
    done.stdout.close()
    assert done.stderr.read() == "ISTHMUS_OUTPUT_CLOSED\n"
    assert done.wait(timeout=30) == 0


def test_a_job_with_another_sink_goes_on_without_the_reader(programs):
    child = programs.start(
        """
        numbers = env.from_collection(range(50_000))
        numbers.print()
        numbers.map(lambda n: n).add_sink(lambda n: open("last", "w").write(str(n)) if n > 49_990 else None)
        env.execute()
        """
    )
    child.stdout.close()
    assert child.wait(timeout=30) == 0
    assert child.stderr.read() == ""
    assert (programs.folder / "last").read_text() == "49999"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_an_error_of_the_print_sink_alone(programs):
    with open("/dev/full", "w") as full:
        child = programs.start("env.from_collection([1]).print()\nenv.execute()\n", stdout=full)
        said = child.communicate(timeout=30)[1]
        assert "What print() writes could not be written to stdout: ENOSPC" in said
        assert child.returncode == 1
        child = programs.start(
            """
            def say(n):
                print("to stdout")
                print("to stderr", file=sys.stderr)
                return n
            assert list(env.from_collection([1]).map(say).execute_and_collect()) == [1]
            open("done", "w").close()
            """,
            stdout=full,
            stderr=full,
        )
        child.wait(timeout=30)
    assert (programs.folder / "done").exists()


@pytest.mark.parametrize("mode", ["always", "json"])
def test_progress_that_nobody_reads_is_no_failure(programs, mode):
    child = programs.start(
        """
        def slow(n):
            time.sleep(0.2)
            return n
        env.from_collection(range(8)).map(slow).print()
        env.execute()
        """,
        env={"ISTHMUS_PROGRESS": mode},
    )
    child.stderr.close()
    assert child.stdout.read().split() == [str(n) for n in range(8)]
    assert child.wait(timeout=30) == 0


@pytest.mark.parametrize("writer", ["sink", "function"])
def test_a_stdout_that_is_non_blocking_is_waited_for(programs, writer):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    text = LINES.format(writer=writer, length=100, count=20_000)
    child = programs.start(text, stdout=writing)
    os.close(writing)
    time.sleep(0.5)  # The pipe is full meanwhile; the test does not depend on it.
    with open(reading, "rb") as pipe:
        assert len(pipe.read().splitlines()) == 20_000
    assert child.wait(timeout=30) == 0
    assert child.stderr.read() == ""


def test_the_programs_own_streams_stay_as_they_are(programs):
    """Node makes pipes non-blocking that it looks at, and these are the program's too."""
    programs.write("log.ts", "export function log(x: number) { console.log('seen', x); return x; }\n")
    done = programs.run(
        """
        from isthmus import ts
        env.from_collection([1, 2]).map(ts("./log.ts", "log")).print()
        env.execute()
        print([os.get_blocking(descriptor) for descriptor in (0, 1, 2)])
        """
    )
    assert done.stdout.splitlines()[-1] == "[True, True, True]"
