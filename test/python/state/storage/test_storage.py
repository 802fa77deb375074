"""What every storage does, and what files alone do; ``test/state/storage/storage.test.ts`` is the twin."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from forgetful_files import ForgetfulFiles
from isthmus._worker.machine.files import SystemFiles
from isthmus._worker.state.storage.bridge_storage import BridgeStorage
from isthmus._worker.state.storage.file_storage import FileStorage
from isthmus._worker.state.storage.storage import StateStorage, Stored, snapshot_name
from isthmus._worker.state.storage.subtask_state import ChunkHandle
from isthmus.errors import StateError

NAME = snapshot_name(0, 7, 2, 1)
WHOSE = 'The state of operator "count" (uid "c"), table "value:n"'
NOT_WHOLE = "Restore from another checkpoint: this one is not whole."


def looped() -> BridgeStorage:
    storage = BridgeStorage(lambda number, last, piece: storage.receive(number, last, piece))
    storage.max_frame_bytes = 5
    return storage


@pytest.fixture(params=["files", "bridge"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> StateStorage:
    return FileStorage(SystemFiles(), str(tmp_path / "state")) if request.param == "files" else looped()


def handle(stored: Stored, data: bytes, **other: Any) -> ChunkHandle:
    return ChunkHandle(2, 5, 0, stored.file, stored.offset, len(data), stored.checksum)._replace(**other)


def test_what_was_kept_is_read_again_in_any_order(storage: StateStorage) -> None:
    chunks = [b"one", b"", b"three, longer than a frame", b"four"]
    writer = storage.writer(NAME)
    handles = [handle(writer.add(data), data) for data in chunks]
    files = writer.commit()
    reader = storage.reader(files)
    assert [reader.read(each, WHOSE) for each in reversed(handles)] == chunks[::-1]
    reader.close()


def test_what_is_not_what_was_written_is_not_given_out(storage: StateStorage) -> None:
    writer = storage.writer(NAME)
    written = handle(writer.add(b"12345678"), b"12345678")
    reader = storage.reader(writer.commit())
    for other in ({"checksum": b"\0" * 32}, {"size": 7}, {"size": 9}, {"size": 2**52}):
        with pytest.raises(StateError) as caught:
            reader.read(written._replace(**other), WHOSE)
        assert str(caught.value).startswith(WHOSE) and str(caught.value).endswith(NOT_WHOLE)
    reader.close()


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "above" / "state"

    def kept(self, folder: Path, *chunks: bytes) -> tuple[Path, list[ChunkHandle]]:
        writer = FileStorage(SystemFiles(), str(folder)).writer(NAME)
        handles = [handle(writer.add(data), data) for data in chunks]
        (name,) = writer.commit()
        return folder / name, handles

    def refused(self, folder: Path, given: ChunkHandle, names: list[str] | None = None) -> str:
        reader = FileStorage(SystemFiles(), str(folder)).reader([NAME] if names is None else names)
        with pytest.raises(StateError) as caught:
            reader.read(given, WHOSE)
        reader.close()
        return str(caught.value)

    def test_one_file_a_snapshot_that_nobody_else_may_read(self, folder: Path) -> None:
        before = os.umask(0)
        try:
            path, handles = self.kept(folder, b"one", b"two")
        finally:
            os.umask(before)
        assert path.name == "0000000007-a0-t2-s1.state"
        assert path.read_bytes() == b"onetwo"
        assert [each.offset for each in handles] == [0, 3]
        assert os.listdir(folder) == [path.name]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_what_is_wrong_with_a_file_is_said(self, folder: Path) -> None:
        path, (_, second) = self.kept(folder, b"one", b"second")
        path.write_bytes(b"onesecund")
        assert self.refused(folder, second) == (
            f"{WHOSE} is damaged in the file {path}: its 6 bytes from 3 on are not those that were written, by their "
            f"SHA-256. {NOT_WHOLE}"
        )
        os.truncate(path, 5)
        assert self.refused(folder, second) == (
            f"{WHOSE} is cut short in the file {path}: 2 of 6 bytes from 3 on. {NOT_WHOLE}"
        )
        path.unlink()
        assert self.refused(folder, second) == f"{WHOSE} is missing: there is no file {path}. {NOT_WHOLE}"
        path.mkdir()
        assert self.refused(folder, second).startswith(f"{WHOSE} cannot be read from the file {path}: ")

    @pytest.mark.parametrize("name", ["../outside", "a/b", "/etc/passwd", ""])
    def test_a_file_elsewhere_is_never_read(self, folder: Path, name: str) -> None:
        self.kept(folder, b"one")
        (folder.parent / "outside").write_bytes(b"one")
        assert "which is none of its folder" in self.refused(
            folder, handle(Stored(0, 0, b"\0" * 32), b"one"), [name]
        )

    def test_a_snapshot_without_state_makes_no_file(self, folder: Path) -> None:
        assert FileStorage(SystemFiles(), str(folder)).writer(NAME).commit() == []
        assert not folder.exists()

    def test_what_is_discarded_leaves_nothing(self, folder: Path) -> None:
        writer = FileStorage(SystemFiles(), str(folder)).writer(NAME)
        writer.add(b"one")
        assert os.listdir(folder) == [f"{NAME}.part"]
        writer.discard()
        writer.discard()
        assert os.listdir(folder) == []

    def test_no_file_is_written_over(self, folder: Path) -> None:
        path, _ = self.kept(folder, b"one")
        again = FileStorage(SystemFiles(), str(folder)).writer(NAME)
        with pytest.raises(FileExistsError, match=str(path)):
            again.add(b"two")
        again.discard()
        assert path.read_bytes() == b"one"


class TestALossOfPower:
    """K1: never is there a name without all that was written to it."""

    def test_what_is_committed_stays(self) -> None:
        files = ForgetfulFiles()
        writer = FileStorage(files, "state").writer(NAME)  # type: ignore[arg-type]
        writer.add(b"one")
        writer.add(b"two")
        assert files.left(f"state/{NAME}") is None
        assert writer.commit() == [NAME]
        assert files.left(f"state/{NAME}") == b"onetwo"

    @pytest.mark.parametrize("failing", ["sync", "rename", "sync_folder"])
    def test_what_could_not_be_committed_goes(self, failing: str) -> None:
        files: Any = ForgetfulFiles()
        writer = FileStorage(files, "state").writer(NAME)
        writer.add(b"one")

        def fail(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        setattr(files, failing, fail)
        commit: Callable[[], Any] = writer.commit
        with pytest.raises(OSError, match="No space left"):
            commit()
        writer.discard()
        assert files.names == []
