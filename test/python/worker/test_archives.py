"""Mirrors isthmus/_worker/runtime/archives.py."""

from __future__ import annotations

import fcntl
import os
import tempfile
import zipfile

import pytest
from isthmus._worker.runtime import archives


@pytest.fixture
def around(tmp_path, monkeypatch):
    """A folder for temporary ones."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_folders_of_workers_that_were_killed_are_removed(around):
    locks = []
    for name in ("isthmus-archives-dead", "isthmus-archives-alive", "isthmus-archives-new"):
        (around / name).mkdir()
    for name in ("dead", "alive"):
        locks.append(os.open(around / f"isthmus-archives-{name}" / ".isthmus-lock", os.O_CREAT | os.O_RDWR))
    fcntl.flock(locks[1], fcntl.LOCK_EX)
    before = os.getcwd()
    archives.enter([])
    assert os.path.dirname(os.getcwd()) == os.path.realpath(around)
    archives.leave()
    assert os.getcwd() == before
    assert sorted(os.listdir(around)) == ["isthmus-archives-alive", "isthmus-archives-new"]
    for lock in locks:
        os.close(lock)


def test_nothing_is_left_of_a_program_with_archives(programs):
    (programs.folder / "temporary").mkdir()
    with zipfile.ZipFile(programs.folder / "data.zip", "w") as archive:
        archive.writestr("words.txt", "hello")
    done = programs.run(
        """
        env.add_python_archive("data.zip", "data")
        for _ in range(2):
            env.from_collection([1]).map(lambda v: open("data/words.txt").read()).print()
            env.execute()
        """,
        env={"TMPDIR": str(programs.folder / "temporary")},
    )
    assert (done.stdout, done.stderr) == ("hello\nhello\n", "")
    assert os.listdir(programs.folder / "temporary") == []
