"""What a program has built, and the job graph made of it (``src/graph/job-graph.ts``).

A ``Transformation`` is an operator and what it reads from. The environment remembers those made since the last
``execute``; a job is everything they reach upstream. So streams stay usable after ``execute`` has cleared the list.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Literal

from .._code.module_state import changed_state
from .._code.pickling import FunctionPickler
from ..errors import GraphError
from .kinds import split_name
from .typescript import TypeScriptFunction
from .user_name import user_name

if TYPE_CHECKING:
    from .job_graph import (
        EdgeSpec,
        FunctionRef,
        HostLanguage,
        Location,
        OperatorSpec,
        PythonEnvironmentSpec,
        SubmittedGraph,
    )

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_ids = itertools.count(1)


class Origin:
    """One thing a stream carries: the main or a side output of a transformation, and how it is to be partitioned."""

    __slots__ = ("partitioner", "side_tag", "transformation")

    def __init__(
        self,
        transformation: Transformation,
        partitioner: dict[str, Any] | None = None,
        side_tag: str | None = None,
    ) -> None:
        self.transformation = transformation
        self.partitioner = partitioner or {"kind": "auto"}
        self.side_tag = side_tag

    def partitioned(self, partitioner: dict[str, Any]) -> Origin:
        return Origin(self.transformation, partitioner, self.side_tag)


class Transformation:
    """One operator of the program."""

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        language: HostLanguage | None = None,
        fns: dict[str, dict[str, Any]] | None = None,
        params: dict[str, Any] | None = None,
        inputs: list[tuple[Origin, int]] | None = None,
        output_type: Any = None,
        non_parallel: bool = False,
    ) -> None:
        self.id = next(_ids)
        #: As the table of kinds names it: ``map``, ``source.lines``.
        self.kind = kind
        self.name = name
        #: FunctionRefs by part (``docs/operators.md``); pickled ones hold their bytes under ``data`` until the graph is made.
        self.fns = fns or {}
        #: That of its functions where nothing else is said.
        of_functions: HostLanguage = next((ref["language"] for ref in self.fns.values()), "python")
        self.language = language or of_functions
        self.params = params or {}
        self.inputs = inputs or []
        #: TypeInformation, or None.
        self.output_type = output_type
        self.non_parallel = non_parallel
        self.parallelism: int | None = 1 if non_parallel else None
        self.max_parallelism: int | None = None
        #: The operator that this one is part of to the program: what is set for the one holds for both.
        self.follows: Transformation | None = None
        self.chaining: Literal["always", "head", "never"] = "always"
        self.uid: str | None = None
        self.description: str | None = None
        self.side_types: dict[str, Any] = {}
        self.location = user_location()

    def follow(self, other: Transformation) -> None:
        """Be a part of another operator, as parallel as that one."""
        self.follows, self.parallelism, self.non_parallel = other, other.parallelism, other.non_parallel

    def set_parallelism(self, parallelism: int) -> None:
        self.parallelism = parallelism
        if self.follows is not None:
            self.follows.set_parallelism(parallelism)

    def set_max_parallelism(self, max_parallelism: int) -> None:
        self.max_parallelism = max_parallelism
        if self.follows is not None:
            self.follows.set_max_parallelism(max_parallelism)


def user_location() -> Location | None:
    """The line of the program that is being executed: the innermost frame outside of Isthmus."""
    frame = sys._getframe(2)
    while frame is not None:
        filename = frame.f_code.co_filename
        if not filename.startswith(_PACKAGE) and not filename.startswith("<frozen"):
            return {"file": filename, "line": frame.f_lineno}
        frame = frame.f_back  # type: ignore[assignment]
    return None


def all_typescript(what: str, parts: dict[str, Any]) -> bool:
    """Whether the functions of an operator are TypeScript.

    Raises:
        GraphError: Some are and some are not.
    """
    of_typescript = [part for part, function in parts.items() if isinstance(function, TypeScriptFunction)]
    if of_typescript and len(of_typescript) < len(parts):
        others = [part for part in parts if part not in of_typescript]
        raise GraphError(
            f"The functions of {what} must be of one language; write all of them in Python or all in TypeScript. "
            f"TypeScript: its {_listed(of_typescript)}; Python: its {_listed(others)}."
        )
    return bool(of_typescript)


def _listed(parts: list[str]) -> str:
    """``timestamp assigner and generator`` of their names as parts."""
    return " and ".join(re.sub("([A-Z])", lambda found: f" {found[0].lower()}", part) for part in parts)


class ProgramGraph:
    """The transformations of one environment."""

    def __init__(self) -> None:
        self.pickler = FunctionPickler()
        #: Made since the last execute.
        self.fresh: list[Transformation] = []

    def add(self, transformation: Transformation) -> Transformation:
        self.fresh.append(transformation)
        return transformation

    def function(self, obj: Any, name: str) -> dict[str, Any]:
        """A reference to a function of the program: pickled now, so that globals have the value they have now."""
        data = self.pickler.pickle(obj, name)
        return {"language": "python", "form": "pickle", "data": data, "name": user_name(obj, name)}

    def built_in(self, made: type, *args: Any) -> dict[str, Any]:
        """A reference to what a class of Isthmus makes of plain data; nothing of that is pickled."""
        ref: dict[str, Any] = {"language": "python", "form": "import", "module": made.__module__}
        return {**ref, "name": made.__qualname__, "args": list(args)}

    def functions(self, what: str, given: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """References to all functions of an operator, by part; those that are None are left out.

        Those in Python are pickled as one, so that what they share in the program they share in the workers.

        Args:
            what: The operator, as an error names it.
            given: By part.

        Raises:
            GraphError: Some are Python and some TypeScript.
        """
        parts = {part: function for part, function in given.items() if function is not None}
        if all_typescript(what, parts):
            return {part: function.reference() for part, function in parts.items()}
        if len(parts) < 2:
            return {part: self.function(function, what) for part, function in parts.items()}
        data = self.pickler.pickle(parts, what)
        return {
            part: {
                "language": "python",
                "form": "pickle",
                "data": data,
                "part": part,
                "name": user_name(function, part),
            }
            for part, function in parts.items()
        }

    def clear(self, taken: list[Transformation]) -> None:
        """Forget what a job was built of; what another thread has added meanwhile is for the next one."""
        del self.fresh[: len(taken)]
        self.pickler.next_job()

    def build(
        self,
        ends: list[Transformation],
        *,
        parallelism: int,
        config: dict[str, str],
        python: PythonEnvironmentSpec,
        name: str | None = None,
    ) -> tuple[SubmittedGraph, list[bytes]]:
        """The job graph of everything that ``ends`` reach, and its blobs."""
        blobs = _Blobs()
        reached = self._reached(ends)
        python["mainBundles"] = [blobs.index(data) for data in self.pickler.bundles]
        if self.pickler.sources:
            python["sources"] = dict(self.pickler.sources)
        edges = [_edge(origin, t, which, blobs) for t in reached for origin, which in t.inputs]
        graph: SubmittedGraph = {
            "version": 1,
            "client": "python",
            "operators": [_operator(t, blobs) for t in reached],
            "edges": edges,
            "parallelism": parallelism,
            "config": config,
            "python": python,
        }
        if name is not None:
            graph["name"] = name
        state = changed_state(self.pickler.modules)
        if state is not None:
            python["moduleState"] = state
        return graph, blobs.all

    def _reached(self, ends: list[Transformation]) -> list[Transformation]:
        """Upstream first."""
        order: dict[int, Transformation] = {}
        # Depth first without recursion: chains may be long.
        stack: list[tuple[Transformation, bool]] = [(t, False) for t in reversed(ends)]
        while stack:
            t, expanded = stack.pop()
            if t.id in order:
                continue
            if expanded:
                order[t.id] = t
            else:
                stack.append((t, True))
                stack.extend(
                    (o.transformation, False)
                    for o, _ in reversed(t.inputs)
                    if o.transformation.id not in order
                )
        return list(order.values())


class _Blobs:
    """Those of one job graph; functions that are pickled together are one."""

    def __init__(self) -> None:
        self.all: list[bytes] = []
        self._by_identity: dict[int, int] = {}

    def index(self, data: bytes) -> int:
        if id(data) not in self._by_identity:
            self._by_identity[id(data)] = len(self.all)
            self.all.append(data)
        return self._by_identity[id(data)]

    def located(self, ref: dict[str, Any]) -> FunctionRef:
        """A reference of a transformation as the graph has it."""
        if "data" in ref:
            ref = {**ref, "blob": self.index(ref["data"])}
            del ref["data"]
        return ref  # type: ignore[return-value]


def _edge(origin: Origin, to: Transformation, which: int, blobs: _Blobs) -> EdgeSpec:
    partitioner = {
        name: blobs.located(value) if name in ("key", "partition") else value
        for name, value in origin.partitioner.items()
    }
    edge: EdgeSpec = {
        "from": origin.transformation.id,
        "to": to.id,
        "input": 1 if which else 0,
        "partitioner": partitioner,  # type: ignore[typeddict-item]
    }
    if origin.side_tag is not None:
        edge["sideTag"] = origin.side_tag
    return edge


def _operator(t: Transformation, blobs: _Blobs) -> OperatorSpec:
    kind, connector = split_name(t.kind)
    spec: OperatorSpec = {
        "id": t.id,
        "kind": kind,
        "name": t.name,
        "language": t.language,
        "chaining": t.chaining,
        "params": t.params,
    }
    if connector:
        spec["connector"] = connector
    if t.fns:
        spec["fns"] = {part: blobs.located(ref) for part, ref in t.fns.items()}
    if t.output_type is not None and t.output_type.to_spec()["kind"] != "PICKLED_BYTE_ARRAY":
        spec["outputType"] = t.output_type.to_spec()
    side_types = {
        tag: info.to_spec()
        for tag, info in t.side_types.items()
        if info is not None and info.to_spec()["kind"] != "PICKLED_BYTE_ARRAY"
    }
    if side_types:
        spec["sideTypes"] = side_types
    if t.parallelism is not None:
        spec["parallelism"] = t.parallelism
    if t.max_parallelism is not None:
        spec["maxParallelism"] = t.max_parallelism
    if t.uid is not None:
        spec["uid"] = t.uid
    if t.description is not None:
        spec["description"] = t.description
    if t.location is not None:
        spec["location"] = t.location
    if t.non_parallel:
        spec["nonParallel"] = True
    return spec
