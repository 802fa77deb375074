"""The example programs in PyFlink's wheel run unchanged, with the output that PyFlink 2.3.0 gives.

At the default parallelism a line's ``N>`` depends on the machine's cores; it is left out of the comparison.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from pathlib import Path

import pytest

HINT = "Printing result to stdout. Use --output to specify output path."


@pytest.fixture(scope="session")
def wheel_examples(pyflink_sources: Path) -> Path:
    return pyflink_sources / "examples/datastream"


@pytest.fixture
def lines(wheel_examples, programs):
    """Runs an example; gives its lines without ``N>``."""

    def run(name: str, *args: str) -> list[str]:
        ended = programs.run_file(str(wheel_examples / name), *args)
        assert (ended.returncode, ended.stderr) == (0, "")
        return [re.sub(r"^\d+> ", "", line) for line in ended.stdout.splitlines()]

    return run


def test_basic_operations(lines):
    rows = [
        (1, "Flink", 124, "Germany", "Berlin"),
        (2, "hello", 135, "China", "Shanghai"),
        (3, "world", 124, "USA", "NewYork"),
        (4, "PyFlink", 32, "China", "Hangzhou"),
    ]

    def changed(id, name, tel, country, city):
        return str((id, json.dumps({"name": name, "tel": tel, "addr": {"country": country, "city": city}})))

    shown = [changed(id, name, tel + (id > 1), *place) for id, name, tel, *place in rows]
    assert lines("basic_operations.py") == [
        *shown,
        shown[0],
        "('Germany', 123)",
        "('China', 135)",
        "('USA', 124)",
        "('China', 167)",
    ]


def test_process_json_data(lines):
    assert sorted(lines("process_json_data.py")) == [
        "(2, {'name': 'hello', 'tel': 136, 'addr': {'country': 'China', 'city': 'Shanghai'}})",
        "(4, {'name': 'PyFlink', 'tel': 33, 'addr': {'country': 'China', 'city': 'Hangzhou'}})",
    ]


def test_state_access_sums_32_bit_floats(lines):
    found = [ast.literal_eval(line) for line in lines("state_access.py")]
    assert len(found) == 8
    assert [amount for name, amount in found if name == "Alice"] == [
        110.0999984741211,
        130.0999984741211,
        143.19999885559082,
        163.29999923706055,
    ]
    assert [amount for name, amount in found if name == "Bob"] == [
        30.200000762939453,
        83.29999923706055,
        86.39999914169312,
        102.49999952316284,
    ]


def test_event_time_timer_fires_at_the_end(lines):
    assert Counter(lines("event_time_timer.py")) == {
        "('Alice', 163.29999923706055)": 4,
        "('Bob', 102.49999952316284)": 4,
    }


def word_counts(text: str) -> list[str]:
    """What the batch word count prints: shorter words first, then by their bytes."""
    counts = Counter(text.split())
    return [
        f"({word},{counts[word]})" for word in sorted(counts, key=lambda w: (len(w.encode()), w.encode()))
    ]


def test_word_count(lines, wheel_examples):
    module = ast.parse((wheel_examples / "word_count.py").read_text())
    (data,) = [
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "word_count_data"  # type: ignore[attr-defined]
    ]
    expected = word_counts(" ".join(data))
    assert len(expected) == 183
    assert lines("word_count.py") == [
        "Executing word_count example with default input data set.",
        "Use --input to specify file input.",
        HINT,
        *expected,
    ]


def test_word_count_of_a_file_into_files(lines, tmp_path):
    (tmp_path / "in.txt").write_text("to be or\nnot to\n\nbe zoë")
    assert lines("word_count.py", "--input", "in.txt", "--output", "out") == []
    (part,) = (tmp_path / "out").glob("*/prefix-*.ext")
    assert part.read_text().splitlines() == word_counts("to be or not to be zoë")


WINDOWS = {
    "tumbling_time_window": ["(hi,0,5,4)", "(hi,5,10,3)", "(hi,15,20,1)"],
    "sliding_time_window": [
        "(hi,-2,3,2)",
        "(hi,0,5,4)",
        "(hi,2,7,4)",
        "(hi,4,9,3)",
        "(hi,6,11,2)",
        "(hi,8,13,2)",
        "(hi,12,17,1)",
        "(hi,14,19,1)",
    ],
    "session_with_gap_window": ["(hi,1,14,6)", "(hi,15,20,1)"],
    "session_with_dynamic_gap_window": ["(hi,1,30,7)"],
    "tumbling_count_window": ["(hi,4)", "(hello,6)", "(hello,12)"],
}


@pytest.mark.parametrize("name", WINDOWS)
def test_windowing(lines, name):
    assert lines(f"windowing/{name}.py") == [HINT, *WINDOWS[name]]


@pytest.mark.parametrize("name", WINDOWS)
def test_windowing_into_files(lines, tmp_path, name):
    assert lines(f"windowing/{name}.py", "--output", "out") == []
    (part,) = (tmp_path / "out").glob("*/prefix-*.ext")
    assert part.read_text().splitlines() == WINDOWS[name]


def first_lines(programs, path: Path, count: int) -> list[str]:
    """The first lines of a program that never ends."""
    child = programs.start_file(str(path))
    found = []
    for line in child.stdout:
        found.append(re.sub(r"^\d+> ", "", line.rstrip("\n")))
        if len(found) == count:
            break
    child.kill()
    assert len(found) == count, child.stderr.read()
    return found


def test_streaming_word_count_of_a_datagen_table(programs, wheel_examples):
    hint, *found = first_lines(programs, wheel_examples / "streaming_word_count.py", 21)
    assert hint == HINT
    counts: Counter[str] = Counter()
    for line in found:
        word, _, count = line.strip("()").partition(",")
        counts[word] += 1
        assert int(count) == counts[word]


def test_remote_model_inference_of_a_datagen_table(programs, wheel_examples):
    # 100 rows a second; a third of the calls fails once and is tried again, so more lines need the retries.
    hint, *found = first_lines(programs, wheel_examples / "asyncio/remote_model_inference.py", 223)
    assert hint == HINT
    # It turns checkpoints on, is told what they are to what is printed, and logs to stdout.
    notices = [line for line in found if not line.startswith("{")]
    assert len(notices) == 1
    assert notices[0].startswith('Sink "Print to Std. Out" is written at least once')
    for line in (line for line in found if line not in notices):
        row = json.loads(line)
        assert row["analysis_result"] == "positive"
        assert -(2**31) <= row["user_id"] < 2**31
        assert re.fullmatch(r"[0-9a-f]{100}", row["comments"])
