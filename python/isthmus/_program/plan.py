"""The job graph as Flink's plan JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .kinds import row_of

if TYPE_CHECKING:
    from .job_graph import SubmittedGraph

_STRATEGY = {
    "forward": "FORWARD",
    "rebalance": "REBALANCE",
    "rescale": "RESCALE",
    "shuffle": "SHUFFLE",
    "broadcast": "BROADCAST",
    "global": "GLOBAL",
    "hash": "HASH",
    "custom": "CUSTOM",
}


def execution_plan(graph: SubmittedGraph) -> dict[str, Any]:
    """Nodes with what they read and how it is partitioned."""
    parallelism = {op["id"]: op.get("parallelism") or graph["parallelism"] for op in graph["operators"]}
    nodes = []
    for op in graph["operators"]:
        source, sink = row_of(op).is_source, row_of(op).is_sink
        label = f"Source: {op['name']}" if source else f"Sink: {op['name']}" if sink else op["name"]
        node: dict[str, Any] = {
            "id": op["id"],
            "type": label,
            "pact": "Data Source" if source else "Data Sink" if sink else "Operator",
            "contents": op.get("description", label),
            "parallelism": parallelism[op["id"]],
        }
        inputs = [e for e in graph["edges"] if e["to"] == op["id"]]
        if inputs:
            node["predecessors"] = [
                {
                    "id": e["from"],
                    "ship_strategy": _STRATEGY.get(e["partitioner"]["kind"])
                    or ("FORWARD" if parallelism[e["from"]] == parallelism[op["id"]] else "REBALANCE"),
                    "side": "second",
                }
                for e in inputs
            ]
        nodes.append(node)
    return {"nodes": nodes}
