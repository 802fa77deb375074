"""Streams that are united although the rows of one have other field names than those of the other."""

from __future__ import annotations

from typing import Any

from ..._program.graph import Origin, ProgramGraph, Transformation


def renamed_origins(graph: ProgramGraph, origins: list[Origin], given: Any, wanted: Any) -> list[Origin]:
    """The origins of a stream of type ``given`` with rows named as those of ``wanted``, a type equal but for names."""
    from ..._types.renamed import Renamed, renamer

    if given is None or wanted is None or renamer(given.to_spec(), wanted.to_spec()) is None:
        return origins
    fns = {"function": graph.built_in(Renamed, given.to_spec(), wanted.to_spec())}
    return [_renamed(graph, origin, fns, wanted) for origin in origins]


def _renamed(graph: ProgramGraph, origin: Origin, fns: dict[str, Any], wanted: Any) -> Origin:
    # Before the exchange, so that it is still that of the stream; a partitioner of the program's sees the rows it knows.
    of_program = origin.partitioner["kind"] in ("hash", "custom")
    read = origin if of_program else Origin(origin.transformation, side_tag=origin.side_tag)
    made = Transformation("map", "Union", fns=fns, inputs=[(read, 0)], output_type=wanted)
    made.parallelism, made.non_parallel = (
        origin.transformation.parallelism,
        origin.transformation.non_parallel,
    )
    graph.add(made)
    return Origin(made, None if of_program else origin.partitioner)
