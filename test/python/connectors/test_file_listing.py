"""Which files a source reads."""

from __future__ import annotations

import pytest
from isthmus._worker.connectors.file.file_listing import FileListing
from isthmus._worker.machine.files import SystemFiles
from isthmus.errors import GraphError

FILES = SystemFiles()


def found(listing: FileListing, is_first: bool = True) -> list[str]:
    return [split.of for split in listing.discover(is_first)]


def test_files_of_nested_folders_and_links_are_found_once(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_text("")
    (tmp_path / "_hidden").write_text("")
    (tmp_path / "back").symlink_to(tmp_path)
    (tmp_path / "also").symlink_to(tmp_path / "sub")
    assert found(FileListing(FILES, [str(tmp_path)])) == [
        str(tmp_path / "also" / "a"),
        str(tmp_path / "sub" / "a"),
    ]


def test_a_path_is_the_same_however_it_is_spelt(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_text("")
    listing = FileListing(FILES, ["a", "./a", f"{tmp_path}//a", f"file://{tmp_path}/x/../a"])
    # As often as it is named, each by an id of its own; later it is known by the first.
    splits = list(listing.discover(True))
    assert [split.of for split in splits] == [str(tmp_path / "a")] * 4
    assert len({split.id for split in splits}) == 4
    assert [split.id for split in listing.discover(False)] == [splits[0].id]


def test_a_path_that_vanishes_is_no_error_and_one_that_never_was_is(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    listing = FileListing(FILES, [str(folder)], 10)
    assert found(listing) == []
    folder.rmdir()
    assert found(listing, False) == []
    folder.mkdir()
    (folder / "a").write_text("")
    assert found(listing, False) == [str(folder / "a")]
    with pytest.raises(GraphError, match=r"The input path .*/none does not exist\."):
        found(FileListing(FILES, [str(tmp_path / "none")]))
