"""Which subtask reads which file, though each looks for itself."""

from __future__ import annotations

import os
import random

import pytest
from isthmus._worker.connectors.file.file_listing import FileListing, subtask_of_path
from isthmus.errors import GraphError


def listings(paths, parallelism=3):
    return [FileListing([str(path) for path in paths], i, parallelism) for i in range(parallelism)]


def test_files_that_come_and_go_between_looks_are_given_out_once(tmp_path):
    draw = random.Random(11)
    names = [f"f{i:02d}" for i in range(60)]
    draw.shuffle(names)
    watching = listings([tmp_path])
    found: list[str] = []
    for name in names:
        (tmp_path / name).write_text(name)
        gone = tmp_path / f"a{name}"
        gone.write_text("")  # Seen by one subtask only.
        draw.choice(watching).look()
        gone.unlink()
        looker = draw.choice(watching)
        found += looker.look()
    given = sorted(os.path.basename(p) for listing in watching for p in listing.seen | set(listing.look()))
    assert [name for name in given if name.startswith("f")] == sorted(names)


def test_files_of_nested_folders_and_links_belong_to_one(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_text("")
    (tmp_path / "_hidden").write_text("")
    (tmp_path / "back").symlink_to(tmp_path)
    (tmp_path / "also").symlink_to(tmp_path / "sub")
    given = sorted(p for listing in listings([tmp_path]) for p in listing.look())
    assert given == [str(tmp_path / "also" / "a"), str(tmp_path / "sub" / "a")]


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_a_path_is_the_same_however_it_is_spelt(tmp_path, parallelism, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_text("")
    spelt = ["a", "./a", f"{tmp_path}//a", f"file://{tmp_path}/x/../a"]
    watching = listings(spelt, parallelism)
    given = [p for listing in watching for p in listing.look()]
    assert given == [str(tmp_path / "a")] * 4  # As often as it is named.
    assert [listing.look() for listing in watching] == [[]] * parallelism
    (tmp_path / "b").mkdir()
    folders = listings(["b", "./b"], parallelism)
    assert [listing.look() for listing in folders] == [[]] * parallelism
    (tmp_path / "b" / "c").write_text("")
    assert [p for listing in folders for p in listing.look()] == [str(tmp_path / "b" / "c")]


def test_files_that_are_named_are_dealt_by_turns(tmp_path):
    paths = [tmp_path / name for name in "dcba"]
    for path in paths:
        path.write_text("")
    assert [listing.look() for listing in listings(paths, 2)] == [
        [str(tmp_path / "d"), str(tmp_path / "b")],
        [str(tmp_path / "c"), str(tmp_path / "a")],
    ]


def test_a_path_that_vanishes_is_no_error_and_one_that_never_was_is(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    listing = FileListing([str(folder)], 0, 1)
    assert listing.look() == []
    folder.rmdir()
    assert listing.look() == []
    folder.mkdir()
    (folder / "a").write_text("")
    assert listing.look() == [str(folder / "a")]
    with pytest.raises(GraphError, match=r"The input path .*/none does not exist\."):
        FileListing([str(tmp_path / "none")], 0, 1).look()


def test_typescript_deals_alike():
    # The same numbers are in test/connectors/file/file-listing.test.ts.
    assert [subtask_of_path(f"/data/in/{name}", 3) for name in ("a", "b", "c", "größe.txt")] == [
        1,
        2,
        0,
        1,
    ]
