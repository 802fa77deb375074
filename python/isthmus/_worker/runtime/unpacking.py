"""Unpacks an archive into a folder, and nowhere else.

  U1. Nothing is written outside of the folder: not by an absolute name, not by ``..``, and not through a link, whose
      target must lie in the folder as well. An archive that would is refused where it would.
  U2. Only files, folders and links are made; permissions keep what is read, written and executed, and neither owners nor the
      bits that run a program as its owner.

How large the contents become is the archive's to say: it is as trusted as the program that names it.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from typing import IO

#: As PyFlink tells them: what a zip file may be called.
_ZIPPED = (".zip", ".jar", ".whl", ".egg")
_TARRED = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


class ArchiveError(Exception):
    """Why an archive is not unpacked, as the end of a sentence."""


def unpack(path: str, folder: str) -> None:
    """Unpack ``path`` into ``folder``, which is made.

    Raises:
        ArchiveError: It is of no known kind, is broken, or would leave the folder.
        OSError: It cannot be read, or its contents cannot be written.
    """
    os.makedirs(folder, exist_ok=True)
    inside = os.path.realpath(folder)
    name = path.lower()
    try:
        if name.endswith(_ZIPPED):
            _unpack_zip(path, inside)
        elif name.endswith(_TARRED):
            _unpack_tar(path, inside)
        else:
            raise ArchiveError(f"it is none of {', '.join((*_ZIPPED, *_TARRED))}")
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        EOFError,
        zlib.error,
        NotImplementedError,
        RuntimeError,
    ) as e:
        raise ArchiveError(f"it is broken, or of a kind that is not known: {e}") from e


def _unpack_zip(path: str, inside: str) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            mode = member.external_attr >> 16
            target = _place_of(member.filename, inside)
            if member.is_dir():
                os.makedirs(target, exist_ok=True)
            elif stat.S_ISLNK(mode):
                _link(member.filename, os.fsdecode(archive.read(member)), target, inside)
            elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
                with archive.open(member) as contents:
                    _write(contents, target, mode)
            else:
                raise ArchiveError(f"{member.filename!r} in it is neither a file, a folder nor a link")


def _unpack_tar(path: str, inside: str) -> None:
    with tarfile.open(path) as archive:
        for member in archive:
            target = _place_of(member.name, inside)
            if member.isdir():
                os.makedirs(target, exist_ok=True)
            elif member.issym():
                _link(member.name, member.linkname, target, inside)
            elif member.islnk():
                other = _place_of(member.linkname, inside)
                if os.path.islink(other) or not os.path.isfile(other):
                    raise ArchiveError(
                        f"{member.name!r} in it is a link to {member.linkname!r}, which is no file of it"
                    )
                with open(other, "rb") as original:
                    _write(original, target, os.stat(other).st_mode)
            elif member.isfile():
                contents = archive.extractfile(member)
                assert contents is not None
                with contents:
                    _write(contents, target, member.mode)
            else:
                raise ArchiveError(f"{member.name!r} in it is neither a file, a folder nor a link")


def _place_of(name: str, inside: str) -> str:
    """Where a member goes (U1); the folders around it are made."""
    parts = name.replace("\\", "/").split("/") if os.sep == "\\" else name.split("/")
    if name.startswith("/") or ".." in parts:
        raise ArchiveError(f"{name!r} in it would be outside of its folder")
    *around, last = [part for part in parts if part not in ("", ".")] or [""]
    at = inside
    for part in around:
        at = os.path.join(at, part)
        if os.path.islink(at):
            raise ArchiveError(f"{name!r} in it would be written through a link")
        if not os.path.isdir(at):
            os.mkdir(at)
    return os.path.join(at, last) if last else at


def _link(name: str, to: str, target: str, inside: str) -> None:
    leads = os.path.normpath(os.path.join(os.path.dirname(target), to))
    # Only folders and files of its own may be passed on the way: a link in it may lead up, out of where the text leads.
    passed = os.path.relpath(os.path.join(os.path.dirname(target), to), inside).split(os.sep)
    if os.path.isabs(to) or os.path.commonpath([leads, inside]) != inside or ".." in passed:
        raise ArchiveError(f"{name!r} in it is a link to {to!r}, outside of its folder")
    real = os.path.realpath(os.path.join(os.path.dirname(target), to))
    if os.path.commonpath([real, inside]) != inside:
        raise ArchiveError(f"{name!r} in it is a link to {to!r}, outside of its folder")
    _remove(target)
    os.symlink(to, target)


def _write(contents: IO[bytes], target: str, mode: int) -> None:
    _remove(target)  # Not through what was there: a link.
    with open(target, "xb") as file:
        shutil.copyfileobj(contents, file)
    os.chmod(target, (stat.S_IMODE(mode) & 0o755) | 0o600 if mode else 0o644)  # U2


def _remove(target: str) -> None:
    if os.path.islink(target) or os.path.isfile(target):
        os.remove(target)
