"""What kinds of operators there are: the one table, which is ``src/graph/kinds.ts``; ``kinds.json`` is written from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import msgspec


class FunctionPart(msgspec.Struct, rename="camel", frozen=True):
    """A part of an operator that is a function, and how it is called."""

    methods: list[str]
    #: Whether it is to have all of the methods; else one will do.
    all: bool = False
    #: Whether an object with the methods says that it is one of this kind.
    tells: bool = False
    #: How it is called instead by what ``params.how`` says.
    by_how: dict[str, FunctionPart] = {}


class Kept(msgspec.Struct, frozen=True):
    """What an operator itself keeps over a checkpoint."""

    name: str
    per: str


class Kind(msgspec.Struct, rename="camel", frozen=True):
    """A row of the table; fields are explained there."""

    role: Literal["source", "transform", "sink"]
    inputs: Literal[0, 1, 2]
    languages: list[str]
    #: By part; that which a harness is given alone comes first.
    functions: dict[str, FunctionPart]
    keeps: list[Kept]
    keyed: Literal["all", "same"] | None = None
    broadcast: bool = False
    timers: bool = False
    last_of_key: bool = False
    asynchronous: bool = False
    endless: bool = False
    to_client: bool = False
    prints: bool = False
    named: bool = False
    connectors: dict[str, dict[str, Any]] = {}

    @property
    def is_source(self) -> bool:
        return self.role == "source"

    @property
    def is_sink(self) -> bool:
        return self.role == "sink"


def _rows() -> dict[str, Kind]:
    with open(os.path.join(os.path.dirname(__file__), "kinds.json"), "rb") as file:
        table: dict[str, dict[str, Any]] = msgspec.json.decode(file.read())
    rows = dict(table)
    for kind, row in table.items():
        for connector, own in row.get("connectors", {}).items():
            rows[f"{kind}.{connector}"] = {**row, **own, "connectors": {}}
    return msgspec.convert(rows, dict[str, Kind])


#: By name: the kind, and of sources and sinks that Isthmus brings also the connector: ``map``, ``source.lines``. A ``source`` and
#: a ``sink`` by themselves are those of somebody else.
KINDS = _rows()


def name_of(spec: Mapping[str, Any]) -> str:
    """What an operator is, in one word: ``source.lines`` of a source of lines, else its kind."""
    connector = spec.get("connector")
    return str(spec["kind"]) if connector is None else f"{spec['kind']}.{connector}"


def named(name: str) -> dict[str, str]:
    """The kind of a name, and the connector where there is one, as a spec says them."""
    kind, connector = split_name(name)
    return {"kind": kind, "connector": connector} if connector else {"kind": kind}


def split_name(name: str) -> tuple[str, str]:
    """The kind of a name, and the connector, which is empty where there is none."""
    kind, _, connector = name.partition(".")
    return kind, connector


def row_of(spec: Mapping[str, Any]) -> Kind:
    """What the table says of an operator."""
    return KINDS[name_of(spec)]


def is_source(spec: Mapping[str, Any]) -> bool:
    """Whether an operator begins a pipeline; False of a kind that there is not."""
    row = KINDS.get(spec["kind"])
    return row is not None and row.is_source


def telling_kinds() -> list[tuple[str, FunctionPart]]:
    """Kinds that an object's methods tell, the most telling first."""
    found = [(kind, row.functions["function"]) for kind, row in KINDS.items() if "function" in row.functions]
    return sorted((each for each in found if each[1].tells), key=lambda each: not each[1].all)


def user_methods() -> list[str]:
    """All names by which operators call methods of the program's objects."""
    parts = [part for row in KINDS.values() for part in row.functions.values()]
    called = [call for part in parts for call in (part, *part.by_how.values())]
    return list(dict.fromkeys(method for call in called for method in call.methods if method[0] != "_"))
