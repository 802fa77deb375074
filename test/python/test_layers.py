"""Imports of the package point downwards, so that its folders form no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PACKAGE = _ROOT / "python" / "isthmus"
#: What the package is made of, from the top down: each imports what stands below it. ``isthmus`` is its own face.
LAYERS = (
    *("__main__", "_entry", "testing", "table", "datastream", "metrics", "connectors", "_driver"),
    *("_worker", "_worker.connectors", "_worker.operators", "_worker.runtime", "_worker.state"),
    "_worker.machine",
    *("_interfaces", "_bridge", "_text", "_types", "_values", "common", "isthmus", "_program", "_code"),
    *("_settings", "_pyflink", "errors"),
)


def layer_of(module: str) -> str:
    """``isthmus._worker.state.ttl`` → ``_worker.state``."""
    below = module.split(".")[1:]
    inner = ".".join(below[:2])
    return inner if inner in LAYERS else below[0] if below else "isthmus"


def imports() -> Iterator[tuple[str, str]]:
    files = {
        ".".join(("isthmus", *path.relative_to(_PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): path
        for path in _PACKAGE.rglob("*.py")
    }
    for name, path in files.items():
        tree = ast.parse(path.read_text())
        # A package's face names for type checkers what it hands on when it is asked for.
        face = [n for n in tree.body if isinstance(n, ast.If)] if path.name == "__init__.py" else []
        handed_on = {node for block in face for node in ast.walk(block)}
        package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or node in handed_on:
                continue
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for one in node.names:
                to = f"{base}.{one.name}" if f"{base}.{one.name}" in files else base
                if to.partition(".")[0] == "isthmus":
                    yield name, to


def test_imports_point_downwards():
    edges = list(imports())
    assert len(edges) > 1_000
    layers = {layer_of(module) for edge in edges for module in edge}
    assert layers <= set(LAYERS), "a folder without a place among the layers"
    rank = {layer: at for at, layer in enumerate(LAYERS)}
    assert [edge for edge in edges if rank[layer_of(edge[0])] > rank[layer_of(edge[1])]] == []


def test_the_page_says_the_order_of_layers():
    page = " ".join((_ROOT / "CONTRIBUTING.md").read_text().split())
    assert ", ".join(LAYERS) in page
