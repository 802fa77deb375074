"""Errors people meet: each says what, where, and the way out, and ``docs/errors.md`` has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from isthmus.datastream import StreamExecutionEnvironment

_PAGE = (Path(__file__).parents[3] / "docs" / "errors.md").read_text()


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    made = StreamExecutionEnvironment.get_execution_environment()
    made.set_parallelism(1)
    return made


@pytest.fixture
def page() -> str:
    return _PAGE


@pytest.fixture
def check(page: str) -> Callable[..., None]:
    """An error's text has all that is asked for, fits on a screen, and its first words are on the page."""

    def run(error: BaseException, documented: str, *more: str) -> None:
        text = str(error)
        assert documented in text
        assert documented in page, f"docs/errors.md does not have: {documented}"
        for fragment in more:
            assert fragment in text
        assert len(text.splitlines()) <= 25

    return run
