"""What one subtask had at one checkpoint, as plain data: whose state it is, and where each piece of it is kept. Twin of
``src/state/storage/subtask-state.ts``.

It crosses the bridge (SNAPSHOT, DEPLOY) and goes into manifests; state itself does neither. On the wire it is a map of
the protocol's codec (docs/protocol.md §9), of which ``test/vectors/subtask-state.json`` has examples.

  D1. What is read has every field, of its type, or is refused with the path of the one that has not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from ....errors import StateError

T = TypeVar("T")

#: Of the form that is written here; one of a later release is refused.
STATE_VERSION = 1
#: Bytes of a SHA-256.
_CHECKSUM_BYTES = 32
_FORMS = frozenset(("keyed", "map", "namespaced", "derived", "drawn", "list", "union", "broadcast"))


class ChunkHandle(NamedTuple):
    """Where a chunk is kept, and how to know that it is whole."""

    #: How its bytes are to be read: a value of the protocol (0), of JavaScript alone (1), a pickle (2).
    codec: int
    #: −1: of a table that has no keys.
    group: int
    #: Whether it begins the key group anew or says what has changed (``chunks``).
    kind: int
    #: Index in ``files``; where that is empty, the number of the chunk in STATE frames.
    file: int
    offset: int
    size: int
    #: SHA-256 of its bytes.
    checksum: bytes


class KeptTable(NamedTuple):
    name: str
    form: str
    #: In the order in which they are to be loaded.
    chunks: list[ChunkHandle]


class KeptOperator(NamedTuple):
    """An operator as whose state something was kept."""

    uid: str
    name: str
    kind: str
    language: str
    #: The declared type of its keys, if any.
    key_type: Mapping[str, Any] | None
    tables: list[KeptTable]


class SubtaskState(NamedTuple):
    subtask: int
    parallelism: int
    max_parallelism: int
    #: Names of files in the folder of the job's state; empty where chunks go over the bridge.
    files: list[str]
    #: Every operator of the chain, also those that keep nothing.
    operators: list[KeptOperator]
    #: The checkpoint that these are the changes since; None where it is all there is.
    base: int | None = None


def state_to_data(state: SubtaskState) -> dict[str, Any]:
    """As it goes into a control frame or a manifest."""
    return {
        "version": STATE_VERSION,
        **({} if state.base is None else {"base": state.base}),
        "subtask": state.subtask,
        "parallelism": state.parallelism,
        "maxParallelism": state.max_parallelism,
        "files": state.files,
        "operators": [
            {
                "uid": each.uid,
                "name": each.name,
                "kind": each.kind,
                "language": each.language,
                **({} if each.key_type is None else {"keyType": each.key_type}),
                "tables": [
                    {"name": table.name, "form": table.form, "chunks": [list(c) for c in table.chunks]}
                    for table in each.tables
                ],
            }
            for each in state.operators
        ],
    }


def state_of_data(data: Any) -> SubtaskState:
    """What ``state_to_data`` was given.

    Raises:
        StateError: It is not what that makes (D1).
    """
    given = _Fields(data, "")
    version = given.count("version")
    if version != STATE_VERSION:
        raise StateError(
            f"The state of a subtask is of form {version}, this release of Isthmus reads form {STATE_VERSION}. "
            "Restore it with the release that wrote it, or a later one."
        )
    files = given.list("files", _text)
    return SubtaskState(
        given.count("subtask"),
        given.count("parallelism"),
        given.count("maxParallelism"),
        files,
        given.list("operators", lambda each, path: _operator(each, path, len(files))),
        None if given.get("base") is None else given.count("base"),
    )


def _operator(data: Any, path: str, files: int) -> KeptOperator:
    given = _Fields(data, path)
    language = given.text("language")
    if language not in ("python", "typescript"):
        raise _malformed(f"{path}.language")
    key_type = given.get("keyType")
    if key_type is not None and not _is_type(key_type):
        raise _malformed(f"{path}.keyType")
    return KeptOperator(
        given.text("uid"),
        given.text("name"),
        given.text("kind"),
        language,
        key_type,
        given.list("tables", lambda table, at: _table(table, at, files)),
    )


def _table(data: Any, path: str, files: int) -> KeptTable:
    given = _Fields(data, path)
    form = given.text("form")
    if form not in _FORMS:
        raise _malformed(f"{path}.form")
    return KeptTable(
        given.text("name"), form, given.list("chunks", lambda chunk, at: _handle(chunk, at, files))
    )


def _handle(data: Any, path: str, files: int) -> ChunkHandle:
    if not isinstance(data, (list, tuple)) or len(data) != 7:
        raise _malformed(path)
    codec, group, kind, file, offset, size, checksum = data
    if not (_is_count(codec) and _is_count(file) and _is_count(offset) and _is_count(size)):
        raise _malformed(path)
    if (group != -1 and not _is_count(group)) or kind not in (0, 1, 2):
        raise _malformed(path)
    if not isinstance(checksum, (bytes, bytearray, memoryview)) or len(checksum) != _CHECKSUM_BYTES:
        raise _malformed(path)
    if files and file >= files:
        raise _malformed(path)
    return ChunkHandle(codec, group, kind, file, offset, size, bytes(checksum))


class _Fields:
    """Fields of a map, each of which must be there."""

    def __init__(self, data: Any, path: str) -> None:
        if not isinstance(data, dict):
            raise _malformed(path)
        self._fields: dict[str, Any] = data
        self._path = path

    def get(self, name: str) -> Any:
        return self._fields.get(name)

    def text(self, name: str) -> str:
        return _text(self.get(name), self._at(name))

    def count(self, name: str) -> int:
        value = self.get(name)
        if not _is_count(value):
            raise _malformed(self._at(name))
        return value  # type: ignore[no-any-return]

    def list(self, name: str, read: Callable[[Any, str], T]) -> list[T]:
        items, path = self.get(name), self._at(name)
        if not isinstance(items, (list, tuple)):
            raise _malformed(path)
        return [read(item, f"{path}[{i}]") for i, item in enumerate(items)]

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def _is_type(spec: Any) -> bool:
    """Whether it is a declared type (``TypeSpec``)."""
    if not isinstance(spec, dict) or not isinstance(spec.get("kind"), str):
        return False
    fields, names = spec.get("fields", []), spec.get("names")
    if not isinstance(fields, list) or not all(map(_is_type, fields)):
        return False
    if names is not None and (
        not isinstance(names, list) or len(names) != len(fields) or not all(isinstance(n, str) for n in names)
    ):
        return False
    kind = spec["kind"]
    if kind in ("TUPLE", "ROW"):
        return "fields" in spec and (kind == "TUPLE" or names is not None)
    if kind == "MAP":
        return _is_type(spec.get("key")) and _is_type(spec.get("value"))
    holds = kind in ("LIST", "PRIMITIVE_ARRAY", "BASIC_ARRAY", "OBJECT_ARRAY")
    return _is_type(spec.get("element")) if holds else True


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _malformed(path)
    return value


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _malformed(path: str) -> StateError:
    where = f'"{path}" is missing or malformed' if path else "It is no map"
    return StateError(f"The state of a subtask cannot be read. {where}; restore from another checkpoint.")
