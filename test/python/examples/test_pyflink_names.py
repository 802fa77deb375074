"""Every public name of PyFlink's DataStream API is here, or says in a sentence that it is not.

The names and parameters are read from PyFlink's files; see ``docs/pyflink-compatibility.md``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from isthmus._pyflink.absent import MODULES
from isthmus.errors import UnsupportedError

FOLDERS = ("common", "datastream", "metrics")
#: Members that only a JVM or PyFlink's own inside has a use for.
INTERNAL_MEMBERS = {
    "AccumulateType",
    "BaseBuilder",
    "BaseContext",
    "BulkFormatBuilder",
    "CleanupStrategies",
    "EPOCH_ORDINAL",
    "FailureRateRestartStrategyConfiguration",
    "FallbackRestartStrategyConfiguration",
    "FixedDelayRestartStrategyConfiguration",
    "NoRestartStrategyConfiguration",
    "OptionBuilder",
    "RowFormatBuilder",
    "TypedConfigOptionBuilder",
    "from_internal_type",
    "get_default_kryo_serializer_classes",
    "get_registered_kryo_types",
    "get_registered_pojo_types",
    "get_transformer",
    "register_next_fire_timestamp",
    "to_internal_type",
}
#: Classes that programs do not make themselves, and the old sink's builders, which are the new one's here.
OTHER_PARAMETERS = {
    "BasicTypeInfo.__init__",
    "BroadcastConnectedStream.__init__",
    "BroadcastStream.__init__",
    "CloseableIterator.__init__",
    "CompletableFuture.__init__",
    "FileSink.__init__",
    "InstantTypeInfo.__init__",
    "KeyedStream.__init__",
    "SinkFunction.__init__",
    "SourceFunction.__init__",
    "StreamExecutionEnvironment.__init__",
    "StreamingFileSink.DefaultBulkFormatBuilder.with_rolling_policy",
    "StreamingFileSink.DefaultRowFormatBuilder.with_rolling_policy",
    "TupleTypeInfo.__init__",
}


def modules(sources: Path) -> Iterator[tuple[str, ast.Module]]:
    """Dotted name (without ``pyflink.``) and content of each module."""
    for folder in FOLDERS:
        for path in sorted((sources / folder).rglob("*.py")):
            parts = path.relative_to(sources).with_suffix("").parts
            if "tests" not in parts:
                name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                yield name, ast.parse(path.read_text())


def public_names(tree: ast.Module) -> list[str]:
    found = []
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.append(node.name)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            found += ast.literal_eval(node.value)
    return [name for name in dict.fromkeys(found) if not name.startswith("_")]


def is_absent(name: str) -> bool:
    return any(f"pyflink.{name}" == m or f"pyflink.{name}".startswith(m + ".") for m in MODULES)


def test_modules_and_names(pyflink_sources):
    seen = 0
    for module_name, tree in modules(pyflink_sources):
        if is_absent(module_name):
            continue
        module = importlib.import_module(f"isthmus.{module_name}")
        for name in public_names(tree):
            getattr(module, name)
            seen += 1
    assert seen > 300


def classes(pyflink_sources: Path) -> Iterator[tuple[str, ast.ClassDef, type]]:
    for module_name, tree in modules(pyflink_sources):
        if is_absent(module_name):
            continue
        module = importlib.import_module(f"isthmus.{module_name}")
        todo: list[tuple[str, ast.stmt, Any]] = [("", node, module) for node in tree.body]
        for prefix, node, owner in todo:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found = inspect.getattr_static(owner, node.name, None)
                if isinstance(found, type):
                    yield prefix + node.name, node, found
                    todo += [(f"{prefix}{node.name}.", inner, found) for inner in node.body]


def test_members_of_classes(pyflink_sources):
    missing = []
    for name, node, found in classes(pyflink_sources):
        for member in node.body:
            label = getattr(member, "name", "_")
            internal = label in INTERNAL_MEMBERS or "java" in label or "_j_" in label
            # The Java backends' setters are there by __getattr__.
            if label.startswith("_") or internal or name.endswith("StateBackend"):
                continue
            if not hasattr(found, label):
                missing.append(f"{name}.{label}")
    assert missing == []


def parameters_of(node: ast.FunctionDef) -> list[str]:
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    return [name for name in names if name not in ("self", "cls") and not name.startswith(("j_", "_j"))]


def test_parameters_have_the_same_names(pyflink_sources):
    wrong = []
    for name, node, found in classes(pyflink_sources):
        for method in node.body:
            label = f"{name}.{getattr(method, 'name', '')}"
            if not isinstance(method, ast.FunctionDef) or label in OTHER_PARAMETERS:
                continue
            if method.name.startswith("_") and method.name != "__init__":
                continue
            ours = inspect.getattr_static(found, method.name, None)
            ours = getattr(ours, "__func__", ours)
            if not inspect.isfunction(ours):
                continue
            have = inspect.signature(ours).parameters
            if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in have.values()):
                continue
            theirs = parameters_of(method)
            mine = [p for p in have if p not in ("self", "cls")]
            if mine[: len(theirs)] != theirs:
                wrong.append(f"{label}: {theirs}, ours {mine}")
    assert wrong == []


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from pyflink.datastream.connectors.kafka import KafkaSource; KafkaSource.builder()", "KafkaSource"),
        ("from pyflink.datastream.connectors import FlinkKafkaConsumer as F; F()", "FlinkKafkaConsumer"),
        ("from pyflink.datastream.formats.parquet import ParquetBulkWriters as P; P()", "ParquetBulkWriters"),
        ("from pyflink.datastream.connectors.pulsar import PulsarSource", "connectors.pulsar"),
        ("from pyflink.java_gateway import get_gateway", "java_gateway"),
        ("from pyflink.table.expressions import col", "table.expressions"),
        ("from pyflink.table.udf import udf", "table.udf"),
        ("from pyflink.util.exceptions import TableException", "pyflink.util"),
        ("from pyflink.table import ScalarFunction\nclass F(ScalarFunction): pass", "ScalarFunction"),
        ("from pyflink.common import RowFieldExtractorSchema as R; R(0)", "RowFieldExtractorSchema"),
        (
            "from pyflink.table import *; StreamTableEnvironment.create().execute_sql('SELECT 1')",
            "execute_sql",
        ),
    ],
)
def test_what_is_absent_says_so(programs, statement, name):
    ended = programs.run(statement, prelude=False)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert name in last
    assert "exists in PyFlink, but Isthmus does not have it" in last or "which Isthmus does not have" in last


def test_handles_of_java_objects_are_explained():
    from isthmus.common import Types

    with pytest.raises(AttributeError, match="Isthmus has no JVM"):
        Types.INT().get_java_type_info()
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        Types.INT().nonsense  # noqa: B018


def test_unknown_names_stay_unknown():
    from isthmus import datastream

    with pytest.raises(AttributeError, match="no attribute 'DataStrem'"):
        datastream.DataStrem  # noqa: B018
    with pytest.raises(UnsupportedError, match="exists in PyFlink"):
        datastream.CachedDataStream()


def test_errors_that_programs_catch(programs):
    ended = programs.run(
        """
        from py4j.protocol import Py4JJavaError
        env.from_collection([0]).map(lambda v: 1 / v).print()
        try:
            env.execute()
        except Py4JJavaError as e:
            print("ZeroDivisionError" in str(e))
        """
    )
    assert (ended.returncode, ended.stdout) == (0, "True\n")
