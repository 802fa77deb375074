"""The table of kinds, as the Python host reads it."""

from __future__ import annotations

import pytest
from isthmus._program.kinds import KINDS, named, user_methods
from isthmus._worker.built_in import make_operator, make_source
from isthmus.datastream import functions as api
from isthmus.errors import UnsupportedError
from isthmus.testing.kinds import kind_of


@pytest.mark.parametrize("kind", [name for name in KINDS if name not in ("source", "sink")])
def test_a_kind_with_a_python_form_is_made_by_a_file_of_it(kind: str) -> None:
    spec = {**named(kind), "name": kind}

    def make() -> object:
        if KINDS[kind].is_source:
            return make_source(spec)
        return make_operator(spec, keyed=False, batch=False)

    if "python" in KINDS[kind].languages:
        assert make() is not None
    else:
        with pytest.raises((UnsupportedError, ValueError)):
            make()


def test_objects_tell_their_kind_by_their_methods() -> None:
    class Rule(api.KeyedBroadcastProcessFunction):
        def process_element(self, value, ctx):
            yield value

        def process_broadcast_element(self, value, ctx):
            yield value

    class Steps:
        def process_element(self, value, ctx):
            yield value

    assert kind_of(Rule()) == "broadcast_process"
    assert kind_of(Steps()) == "process"
    with pytest.raises(TypeError, match="Which operator is to run"):
        kind_of(lambda value: value)


def test_methods_of_the_program_are_known_by_name() -> None:
    assert {"map", "process_element", "on_element", "create_accumulator", "get_key"} <= set(user_methods())
    assert not [method for method in user_methods() if method.startswith("_")]
