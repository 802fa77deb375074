"""An annotation decides what a vectorised function gets; one that cannot be read is an error."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from isthmus._program.batch_annotation import declared_format
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.errors import GraphError
from isthmus.testing import OneInputHarness

_PATH = Path(__file__).parents[1] / "fixtures" / "python" / "declared.py"
_SPEC = importlib.util.spec_from_file_location("declared", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
declared = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(declared)

#: By name; test/api/batches.test.ts has some of them, too.
FORMATS = {
    "nothing": "list",
    "imported": "numpy",
    "checked_only": "pandas",
    "renamed": "pandas",
    "arrow": "arrow",
    "quoted": "polars",
    "optional": "pandas",
    "either": "pandas",
    "annotated": "numpy",
    "typed_array": "numpy",
    "array_like": "numpy",
    "new_type": "pandas",
    "bound": "numpy",
    "free": "list",
    "some": "numpy",
    "anything": "list",
    "listed": "list",
    "sequence": "list",
    "protocol": "list",
    "list_or_array": "list",
    "called": "pandas",
    "partial": "numpy",
    "partial_of_partial": "numpy",
    "partial_object": "pandas",
    "wrapped": "pandas",
    "cached": "pandas",
    "bound_method": "polars",
}
OBJECTS = {"Method": "polars", "Derived": "polars", "Called": "pandas"}


@pytest.mark.parametrize("name", FORMATS)
def test_the_format_that_a_function_declares(name):
    assert declared_format(getattr(declared, name), "map_batch") == FORMATS[name]


@pytest.mark.parametrize("name", OBJECTS)
def test_the_format_that_a_method_declares(name):
    assert declared_format(getattr(declared, name)(), "map_batch") == OBJECTS[name]


REFUSED = {
    "unknown": "declared as Nowhere, which cannot be read (name 'Nowhere' is not defined)",
    "missing_module": "declared as Batch, which cannot be read (No module named 'elsewhere')",
    "misspelt": "cannot be read (AttributeError: module 'numpy' has no attribute 'ndaray'",
    "no_expression": "which is no expression",
    "number": "declared as float, which is no batch: one is a list, numpy.ndarray",
    "series": "declared as pd.Series, which is no batch",
    "two": "which may be numpy or pandas",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_declaration_that_does_not_tell_is_an_error(name):
    with pytest.raises(GraphError) as refused:
        declared_format(getattr(declared, name), "map_batch")
    assert f"The parameter 'batch' of {name} is " in str(refused.value)
    assert REFUSED[name] in str(refused.value)
    assert "Say the format of its batches" in str(refused.value)


def test_the_format_that_is_said_stands():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    numbers = env.from_collection([1.0, 2.0])
    assert list(numbers.map_batch(declared.unknown, format="numpy").execute_and_collect()) == ["ndarray"] * 2
    assert list(numbers.map_batch(declared.checked_only).execute_and_collect()) == ["DataFrame"] * 2
    with pytest.raises(GraphError, match="Nowhere"):
        numbers.map_batch(declared.unknown)
    with pytest.raises(GraphError, match=r"Unreadable\.map_batch is declared as Nowhere"):
        numbers.map_batch(declared.Unreadable())


def test_the_harness_reads_it_too():
    with OneInputHarness(declared.checked_only, kind="map_batch") as h:
        h.process(1, 2)
        assert h.output == ["DataFrame"] * 2
