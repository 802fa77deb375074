"""Files of the system."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import files_contract
import pytest
from isthmus._worker.machine.files import FolderEntry, SystemFiles

CONTRACT = [check for name, check in vars(files_contract).items() if name.startswith("test_")]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return os.path.realpath(tmp_path)


@pytest.mark.parametrize("check", CONTRACT)
def test_they_do_what_all_files_do(check, folder):
    check(SystemFiles(), folder)


def test_a_private_folder_is_private_whatever_it_was(folder):
    files = SystemFiles()
    files.make_folder(f"{folder}/x")
    os.chmod(f"{folder}/x", 0o777)
    files.make_folder(f"{folder}/x", private=True)
    assert stat.S_IMODE(os.stat(f"{folder}/x").st_mode) == 0o700


def test_a_link_is_listed_as_one_and_looked_through_by_stat(folder):
    files = SystemFiles()
    files.make_folder(f"{folder}/x")
    os.symlink(f"{folder}/x", f"{folder}/l")
    assert FolderEntry("l", "link") in files.entries(folder)
    found = files.stat(f"{folder}/l")
    assert found is not None and found.folder
    assert files.real_path(f"{folder}/l") == f"{folder}/x"
