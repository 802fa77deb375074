"""The order of keys in BATCH execution, as real PyFlink 2.3 gives it for the same keys."""

from __future__ import annotations

from typing import Any

import pytest
from isthmus._types.key_order import key_order
from isthmus.common import Types
from isthmus.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

NUMBERS = [100, 127, 128, 200, 255, 256, -1, -129, 0, 65535, 65536, -128, -70000, 2**31 - 1]
BIG_ENDIAN = [-70000, -128, -1, -129, 65535, 128, 200, 255, 0, 100, 127, 256, 65536, 2**31 - 1]
PICKLED = [128, 200, 255, 0, 100, 127, 65535, 256, -128, -70000, -1, 2**31 - 1, 65536, -129]
FLOATS = [1.5, -1.5, 0.0, 100.25, 1e300, -1e-300, 2.0, 0.1]
TEXTS = ["z", "a", "é", "Z", "", "aa", "zz", "日本", "ab", "x" * 130, "ü", "ÿ", "\x7f", "~"]
PAIRS = [(2, "a"), (1, "z"), (1, "b"), (-1, "c"), (128, "q")]


@pytest.mark.parametrize(
    ("declared", "keys", "expected"),
    [
        (Types.INT(), NUMBERS, BIG_ENDIAN),
        (Types.LONG(), NUMBERS, BIG_ENDIAN),
        (Types.BYTE(), [100, 127, -1, 0], [-1, 0, 100, 127]),
        (None, NUMBERS, PICKLED),
        (Types.DOUBLE(), FLOATS, [-1e-300, -1.5, 0.0, 0.1, 1.5, 2.0, 100.25, 1e300]),
        (Types.BOOLEAN(), [True, False], [False, True]),
        (
            Types.STRING(),
            TEXTS,
            ["x" * 130, "", "é", "ü", "ÿ", "Z", "a", "z", "~", "\x7f", "日本", "aa", "ab", "zz"],
        ),
        (None, TEXTS, ["x" * 130, "", "Z", "a", "z", "~", "\x7f", "é", "ü", "ÿ", "aa", "ab", "zz", "日本"]),
        (
            Types.TUPLE([Types.INT(), Types.STRING()]),
            PAIRS,
            [(-1, "c"), (128, "q"), (1, "b"), (1, "z"), (2, "a")],
        ),
        (None, PAIRS, [(128, "q"), (1, "b"), (1, "z"), (2, "a"), (-1, "c")]),
    ],
)
def test_keys_in_order_of_their_bytes(declared: Any, keys: list[Any], expected: list[Any]) -> None:
    assert sorted(keys, key=key_order(declared.to_spec() if declared else None)) == expected


def test_a_declared_key_type_reaches_the_operator() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    texts = env.from_collection(["b", "é", "ab", "a"], Types.STRING())
    by_type = texts.key_by(lambda text: text, Types.STRING()).reduce(lambda a, b: a + b)
    assert list(by_type.execute_and_collect()) == ["é", "a", "b", "ab"]
    by_pickle = texts.key_by(lambda text: text).reduce(lambda a, b: a + b)
    assert list(by_pickle.execute_and_collect()) == ["a", "b", "é", "ab"]
