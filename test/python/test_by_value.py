"""Mirrors isthmus/_code/by_value.py."""

from __future__ import annotations

import pickle
from types import CodeType
from typing import Any

from isthmus._code.by_value import dumps_by_value


def codes(code: CodeType) -> list[CodeType]:
    return [code, *(c for const in code.co_consts if isinstance(const, CodeType) for c in codes(const))]


def test_code_keeps_its_file_its_lines_and_its_names():
    def outer(v: int) -> Any:
        def inner() -> int:
            return v + 1

        return [inner() for _ in range(2)]

    class Local:
        method = outer

    for loaded in (
        pickle.loads(dumps_by_value(outer)),
        pickle.loads(dumps_by_value(Local)).method,
        pickle.loads(dumps_by_value([Local()]))[0].method.__func__,
    ):
        assert loaded(1) == [2, 2]
        pairs = list(zip(codes(outer.__code__), codes(loaded.__code__), strict=True))
        assert len(pairs) >= 2
        for ours, theirs in pairs:
            assert theirs.co_filename == __file__
            assert theirs.co_name == ours.co_name
            assert list(theirs.co_lines()) == list(ours.co_lines())
