"""Limits of Python that would hold for a user's data: lifted, or told with a way out that works."""

from __future__ import annotations

import pytest

DIGITS = """
{before}
big = 10**6000 + 7
env.from_collection([big]).map(lambda n: n % 10 + len(str(n))).print()
env.execute()
{after}
"""


def test_the_digits_of_integers_are_limited_as_in_the_program(programs):
    ended = programs.run(DIGITS.format(before="sys.set_int_max_str_digits(7000)", after=""))
    assert ended.stdout == "6008\n", ended.stderr
    refused = programs.run(DIGITS.format(before="", after=""))
    assert "use sys.set_int_max_str_digits() to increase the limit" in refused.stderr
    again = """
sys.set_int_max_str_digits(4300)
try:
    env.from_collection([big]).map(str).print()
    env.execute()
except Exception as e:
    print("ValueError" in str(e))
"""
    both = programs.run(DIGITS.format(before="sys.set_int_max_str_digits(0)", after=again))
    assert both.stdout == "6008\nTrue\n", both.stderr
    by_variable = programs.run(DIGITS.format(before="", after=""), env={"PYTHONINTMAXSTRDIGITS": "0"})
    assert by_variable.stdout == "6008\n", by_variable.stderr


def test_a_long_integer_on_its_way_to_typescript_is_told_with_a_way_out(programs):
    programs.write("same.ts", "export const same = (n: unknown) => n;\n")
    ended = programs.run(
        "from isthmus import ts\n"
        "env.from_collection([10**6000]).map(ts('same.ts', 'same')).print()\n"
        "env.execute()\n"
    )
    assert "an integer may have 4300 digits; send its digits as a text, or its bytes" in ended.stderr


@pytest.mark.parametrize("suffix", [".txt", ".jsonl"])
def test_lines_may_be_long(programs, suffix):
    long = "x" * 3_000_000
    (programs.folder / f"in{suffix}").write_text(f'"{long}"\n"end"\n')
    ended = programs.run(f"env.from_input('in', 'in{suffix}').map(len).print()\nenv.execute()\n")
    added = 2 if suffix == ".txt" else 0
    assert ended.stdout == f"{len(long) + added}\n{3 + added}\n", ended.stderr


def test_json_that_is_nested_too_deeply_is_told_by_its_file(programs):
    (programs.folder / "deep.jsonl").write_text("[" * 200_000 + "]" * 200_000 + "\n")
    ended = programs.run("env.from_input('in', 'deep.jsonl').map(lambda v: 1).print()\nenv.execute()\n")
    assert "deep.jsonl has a line that is no JSON (maximum recursion depth exceeded" in ended.stderr
