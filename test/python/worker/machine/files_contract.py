"""What every implementation of ``Files`` does; ``folder`` is an empty one. The simulation runs it, too."""

from __future__ import annotations

from isthmus._worker.machine.files import Files, FileStat, FolderEntry


def raises(kind: type[OSError], act) -> None:
    try:
        act()
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")


def put(files: Files, path: str, text: bytes, mode="write") -> None:
    with files.open(path, mode) as file:
        file.write(text)
        files.sync(file)


def text_of(files: Files, path: str) -> bytes:
    with files.open(path, "read") as file:
        return file.read()


def test_a_file_holds_what_was_written_and_what_was_added(files, folder):
    path = f"{folder}/a"
    put(files, path, b"one")
    put(files, path, b" two", "append")
    assert text_of(files, path) == b"one two"
    put(files, path, b"3")
    assert text_of(files, path) == b"3"
    found = files.stat(path)
    assert isinstance(found, FileStat)
    assert found[:2] == (False, 1)


def test_a_part_is_read_from_a_position(files, folder):
    put(files, f"{folder}/a", b"abcdef")
    with files.open(f"{folder}/a", "read") as file:
        file.seek(4)
        assert file.read(10) == b"ef"


def test_one_cut_short_goes_on_at_its_end(files, folder):
    path = f"{folder}/a"
    put(files, path, b"abcdef")
    with files.open(path, "append") as file:
        file.truncate(2)
        file.write(b"X")
    assert text_of(files, path) == b"abX"


def test_a_new_file_must_not_be_there_one_to_read_must(files, folder):
    put(files, f"{folder}/a", b"", "new")
    raises(FileExistsError, lambda: files.open(f"{folder}/a", "new"))
    raises(FileNotFoundError, lambda: files.open(f"{folder}/b", "read"))
    raises(FileNotFoundError, lambda: files.open(f"{folder}/c/d", "write"))


def test_what_is_not_there_has_no_stat_and_is_not_removed(files, folder):
    path = f"{folder}/a"
    assert files.stat(path) is None
    assert files.remove(path) is False
    put(files, path, b"a")
    assert files.stat(f"{path}/below") is None
    assert files.remove(path) is True
    assert files.stat(path) is None
    files.remove_folder(f"{folder}/none")
    raises(FileNotFoundError, lambda: files.entries(f"{folder}/none"))


def test_folders_are_made_with_those_above_listed_and_removed(files, folder):
    files.make_folder(f"{folder}/x/y")
    files.make_folder(f"{folder}/x/y")
    put(files, f"{folder}/x/f", b"f")
    assert sorted(files.entries(f"{folder}/x")) == [FolderEntry("f", "file"), FolderEntry("y", "folder")]
    found = files.stat(f"{folder}/x/y")
    assert found is not None and found.folder
    files.sync_folder(folder)
    raises(OSError, lambda: files.remove(f"{folder}/x"))
    assert files.remove(f"{folder}/x/y") is True
    files.remove_folder(f"{folder}/x")
    assert files.entries(folder) == []


def test_a_file_takes_the_place_of_another(files, folder):
    put(files, f"{folder}/a", b"new")
    put(files, f"{folder}/b", b"old")
    files.rename(f"{folder}/a", f"{folder}/b")
    assert text_of(files, f"{folder}/b") == b"new"
    assert files.stat(f"{folder}/a") is None
    raises(FileNotFoundError, lambda: files.rename(f"{folder}/a", f"{folder}/c"))


def test_temporary_folders_have_names_of_their_own(files, folder):
    one, two = (files.make_temporary_folder("t-", folder) for _ in range(2))
    assert one != two
    assert one.startswith(f"{folder}/t-")
    found = files.stat(two)
    assert found is not None and found.folder
