"""Sources of jobs that end before them: cancelled, failed, or their results left. They do what they have to do last."""

from __future__ import annotations

import contextlib
import time

import pytest
from isthmus.errors import IsthmusError


def polls(path):
    def source(ctx):
        while not ctx.is_stopping:
            yield 1
            time.sleep(0.02)
        written(path, "offsets committed")

    return source


def generates(path):
    def source():
        try:
            while True:
                yield 1
                time.sleep(0.02)
        finally:
            written(path, "offsets committed")

    return source


def never_yields_again(path):
    def source():
        try:
            yield 1
            while True:
                time.sleep(0.02)
        finally:
            written(path, "offsets committed")

    return source


def holds_a_connection(path):
    @contextlib.contextmanager
    def connection():
        yield
        written(path, "offsets committed")

    def source(ctx):
        with connection():
            while not ctx.is_stopping:
                yield 1

    return source


def asynchronous(path):
    async def source():
        import asyncio

        try:
            yield 1
            await asyncio.sleep(3600)
        finally:
            written(path, "offsets committed")

    return source


class Iterates:
    def __init__(self, path):
        self.path = path

    def __iter__(self):
        return self

    def __next__(self):
        time.sleep(0.02)
        return 1

    def close(self):
        written(self.path, "offsets committed")


def iterator(path):
    return lambda: Iterates(path)


SOURCES = [polls, generates, never_yields_again, holds_a_connection, asynchronous, iterator]


def written(path, text):
    with open(path, "a") as file:
        file.write(text + "\n")


def cancelled(env, stream, began):
    stream.add_sink(lambda v: began.touch())
    job = env.execute_async("unbounded")
    while not began.exists():
        time.sleep(0.01)
    job.cancel().result()


def left(env, stream, began):
    with stream.execute_and_collect() as results:
        next(results)


def failed(env, stream, began):
    with pytest.raises(IsthmusError):
        list(stream.map(lambda v: 1 / 0).execute_and_collect())


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("ends", [cancelled, left, failed])
def test_a_source_ends_in_order(env1, tmp_path, source, ends):
    path = str(tmp_path / "done")
    ends(env1, env1.from_source(source(path)).map(lambda v: v), tmp_path / "began")
    with open(path) as file:
        assert file.read() == "offsets committed\n"


def test_a_source_that_never_comes_back_is_left(env1, tmp_path):
    def waits():
        import threading

        yield 1
        threading.Event().wait()

    began = time.monotonic()
    left(env1, env1.from_source(waits).map(lambda v: v), tmp_path)
    assert time.monotonic() - began < 15
