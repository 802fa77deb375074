"""Mirrors isthmus/_worker/runtime/unpacking.py."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from isthmus._worker.runtime.unpacking import ArchiveError, unpack

Member = tuple[str, dict[str, Any], bytes]


def tar(path: Path, *members: Member, mode: str = "w:gz") -> str:
    with tarfile.open(path, mode) as archive:
        for name, fields, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.uid = info.gid = 12345
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data))
    return str(path)


def zipped(path: Path, *members: tuple[str, int, bytes]) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode, data in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, data)
    return str(path)


def link(name: str, to: str) -> Member:
    return name, {"type": tarfile.SYMTYPE, "linkname": to}, b""


FILE: dict[str, Any] = {}
TARS: list[tuple[str, list[Member], str]] = [
    ("absolute", [("/tmp/isthmus-evil", FILE, b"x")], "outside of its folder"),
    ("upwards", [("a/../../evil", FILE, b"x")], "outside of its folder"),
    ("through a link", [link("l", ".."), ("l/evil", FILE, b"x")], "outside of its folder"),
    ("through a link within", [("d/f", FILE, b""), link("l", "d"), ("l/evil", FILE, b"x")], "through a link"),
    ("a link to anywhere", [link("l", "/etc/passwd")], "outside of its folder"),
    (
        "a link over a link",
        [("a/b/f", FILE, b""), link("up", "a/b"), link("l", "up/../../../evil")],
        "outside of its folder",
    ),
    (
        "a hard link to anywhere",
        [("h", {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}, b"")],
        "outside of its folder",
    ),
    (
        "a hard link to a link",
        [("f", FILE, b""), link("l", "f"), ("h", {"type": tarfile.LNKTYPE, "linkname": "l"}, b"")],
        "no file of it",
    ),
    ("a device", [("null", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}, b"")], "neither a file"),
    ("a pipe", [("pipe", {"type": tarfile.FIFOTYPE}, b"")], "neither a file"),
]


@pytest.mark.parametrize(("members", "why"), [t[1:] for t in TARS], ids=[t[0] for t in TARS])
def test_a_tar_that_leaves_its_folder_is_refused(tmp_path: Path, members: list[Member], why: str) -> None:
    with pytest.raises(ArchiveError, match=why):
        unpack(tar(tmp_path / "a.tar.gz", *members), str(tmp_path / "in" / "to"))
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path / "in" / "evil").exists()
    assert not os.path.exists("/tmp/isthmus-evil")


@pytest.mark.parametrize(
    ("name", "mode", "data"),
    [
        ("/tmp/isthmus-evil", 0o644, b""),
        ("../evil", 0o644, b""),
        ("l", stat.S_IFLNK | 0o777, b"../../evil"),
        ("pipe", stat.S_IFIFO | 0o644, b""),
    ],
)
def test_a_zip_that_leaves_its_folder_is_refused(tmp_path: Path, name: str, mode: int, data: bytes) -> None:
    with pytest.raises(ArchiveError):
        unpack(zipped(tmp_path / "a.zip", (name, mode, data)), str(tmp_path / "in" / "to"))
    assert sorted(os.listdir(tmp_path / "in")) == ["to"]
    assert os.listdir(tmp_path / "in" / "to") == []


def test_permissions_stay_and_what_runs_as_somebody_else_does_not(tmp_path: Path) -> None:
    unpack(
        tar(
            tmp_path / "a.tar",
            ("d", {"type": tarfile.DIRTYPE, "mode": 0o7777}, b""),
            ("d/run", {"mode": 0o6777}, b"run"),
            ("d/read", {"mode": 0o444}, b"read"),
            link("d/to", "run"),
            ("d/same", {"type": tarfile.LNKTYPE, "linkname": "d/run"}, b""),
            mode="w",
        ),
        str(tmp_path / "to"),
    )
    made = tmp_path / "to" / "d"
    assert {f: oct(stat.S_IMODE((made / f).stat().st_mode)) for f in ("run", "read", "same")} == {
        "run": "0o755",
        "read": "0o644",
        "same": "0o755",
    }
    assert stat.S_IMODE(made.stat().st_mode) & 0o7000 == 0
    assert ((made / "to").read_bytes(), (made / "same").read_bytes()) == (b"run", b"run")
    assert (made / "run").stat().st_uid == os.getuid()


def test_a_zip_keeps_links_and_what_may_be_executed(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "venv.zip",
        ("bin/run", stat.S_IFREG | 0o755, b"run"),
        ("bin/to", stat.S_IFLNK | 0o777, b"run"),
        ("plain", 0, b"plain"),
    )
    unpack(path, str(tmp_path / "to"))
    assert os.access(tmp_path / "to" / "bin" / "run", os.X_OK)
    assert os.readlink(tmp_path / "to" / "bin" / "to") == "run"
    assert (tmp_path / "to" / "plain").read_bytes() == b"plain"


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.rar", "cut.tar.gz"])
def test_what_is_broken_is_said(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"no archive at all" * 10)
    if name == "cut.tar.gz":
        whole = tar(tmp_path / "whole.tar.gz", ("f", FILE, os.urandom(100_000)))
        path.write_bytes(Path(whole).read_bytes()[:5_000])
    with pytest.raises(ArchiveError, match=r"broken|none of"):
        unpack(str(path), str(tmp_path / "to"))


def test_a_broken_archive_is_no_fault_of_isthmus(programs: Any) -> None:
    (programs.folder / "data.zip").write_bytes(b"no archive")
    done = programs.run(
        """
        from isthmus.errors import ConfigurationError
        env.add_python_archive("data.zip", "data")
        env.from_collection([1]).map(lambda v: v).print()
        try:
            env.execute()
        except ConfigurationError as e:
            print(e.code, "cannot be unpacked: it is broken" in str(e))
        """
    )
    assert (done.stdout, done.stderr) == ("ISTHMUS_CONFIGURATION True\n", "")
