"""Threads of a service that run jobs at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from isthmus.datastream import StreamExecutionEnvironment


def _environment() -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    return env


def test_threads_with_an_environment_each_get_what_is_theirs() -> None:
    together = threading.Barrier(6)

    def request(n: int) -> list[Any]:
        stream = _environment().from_collection([n, n + 1]).map(lambda x: x * 1000)
        together.wait()
        return list(stream.execute_and_collect())

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(request, range(6))) == [[n * 1000, (n + 1) * 1000] for n in range(6)]


def test_each_call_makes_an_environment_of_its_own() -> None:
    abandoned = _environment()
    abandoned.from_collection([1]).map(lambda x: 1 // 0)
    assert list(_environment().from_collection([7]).map(lambda x: x).execute_and_collect()) == [7]


def test_what_a_thread_adds_while_another_makes_its_graph_is_kept() -> None:
    env = _environment()
    env.from_collection([1]).map(lambda x: x).name("first").print()
    build: Callable[..., Any] = env.graph.build

    def build_slowly(*args: Any, **settings: Any) -> Any:
        built = build(*args, **settings)
        # Another thread, between the graph and its clearing.
        env.from_collection([2]).map(lambda x: x).name("second").print()
        return built

    env.graph.build = build_slowly  # type: ignore[method-assign]
    graph, _ = env._build("one")
    assert [op["name"] for op in graph["operators"] if op["kind"] == "map"] == ["first"]
    env.graph.build = build  # type: ignore[method-assign]
    graph, _ = env._build("two")
    assert [op["name"] for op in graph["operators"] if op["kind"] == "map"] == ["second"]
