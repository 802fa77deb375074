"""A job that is stopped in order keeps its tail, whatever its source is."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time

import pytest
from isthmus import ts
from isthmus.common import Duration, Encoder, JobStatus, Types, WatermarkStrategy
from isthmus.common.time import Time
from isthmus.common.watermark_strategy import TimestampAssigner
from isthmus.datastream.connectors.file_system import FileSink, FileSource, StreamFormat
from isthmus.datastream.connectors.number_seq import NumberSequenceSource
from isthmus.datastream.window import TumblingEventTimeWindows
from isthmus.errors import UserFunctionError
from processes import eventually


class Log:
    """What was given, as lines of a file that several processes write."""

    def __init__(self, path):
        self.path = str(path)
        open(self.path, "w").close()

    def add(self, value):
        with open(self.path, "a") as file:
            file.write(f"{value}\n")

    def read(self):
        with open(self.path) as file:
            return file.read().split()


@pytest.fixture
def given(tmp_path):
    return Log(tmp_path / "given")


@pytest.fixture
def taken(tmp_path):
    return Log(tmp_path / "taken")


def endless(given):
    def numbers():
        for n in itertools.count():
            given.add(n)
            yield n
            time.sleep(0.002)

    return numbers


def looking(given):
    def numbers(ctx):
        n = 0
        while not ctx.is_stopping:
            given.add(n)
            yield n
            n += 1
            time.sleep(0.002)
        for last in range(n, n + 3):
            given.add(last)
            yield last

    return numbers


def fast(given):
    """Held up by the job, as it is far faster."""

    def numbers():
        for n in itertools.count():
            given.add(n)
            yield n

    return numbers


def awaiting(given):
    async def numbers():
        for n in itertools.count():
            given.add(n)
            yield n
            await asyncio.sleep(0.002)

    return numbers


def blocked(given):
    def numbers():
        given.add(0)
        yield 0
        threading.Event().wait()

    return numbers


def blocked_for_ever(given):
    async def numbers():
        given.add(0)
        yield 0
        await asyncio.Event().wait()

    return numbers


@pytest.mark.parametrize("make", [endless, looking, fast, awaiting, blocked, blocked_for_ever])
@pytest.mark.parametrize("parallelism", [1, 2])
def test_every_record_that_a_source_has_given_arrives(env1, given, taken, make, parallelism):
    env1.set_parallelism(parallelism)
    source = env1.from_source(make(given))
    source.set_parallelism(1)
    source.key_by(lambda n: n).map(lambda n: n).add_sink(taken.add)
    client = env1.execute_async()
    assert eventually(lambda: len(taken.read()) > (0 if "blocked" in make.__name__ else 100))
    result = client.stop().result()
    assert result.get_job_id() == client.get_job_id()
    assert client.get_job_status().result() is JobStatus.FINISHED
    assert sorted(taken.read()) == sorted(given.read())


def test_a_generator_is_closed_when_its_job_is_stopped(env1, tmp_path):
    closed = tmp_path / "closed"

    def numbers():
        try:
            for n in itertools.count():
                yield n
                time.sleep(0.002)
        finally:
            closed.touch()

    results = env1.from_source(numbers).execute_and_collect()
    next(results)
    results._job.stop()
    list(results)
    assert results._job.status() == "FINISHED"
    assert closed.exists()


SOURCES = {
    "sequence": lambda env, folder: env.from_source(NumberSequenceSource(0, 10**9)),
    "collection": lambda env, folder: env.from_collection(range(2_000_000)),
    "folder": lambda env, folder: env.from_source(
        FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(folder))
        .monitor_continuously(Duration.of_millis(20))
        .build()
    ),
    "iterable": lambda env, folder: env.from_input("numbers", default=lambda: iter(itertools.count())),
    "typescript": lambda env, folder: env.from_source(ts(str(folder / "count.ts"), "count")),
}
COUNT = """
export async function* count() {
  for (let n = 0; ; n++) {
    yield n;
    if (n % 100 === 0) await new Promise((go) => setTimeout(go, 1));
  }
}
"""


@pytest.mark.parametrize("name", SOURCES)
def test_sources_of_every_kind_end(env1, tmp_path, taken, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / ("count.ts" if name == "typescript" else "lines.txt")).write_text(COUNT)
    SOURCES[name](env1, folder).map(lambda v: (time.sleep(0.0001), v)[1]).add_sink(lambda v: taken.add("x"))
    client = env1.execute_async()
    assert eventually(taken.read)
    client.stop().result()
    assert client.get_job_status().result() is JobStatus.FINISHED


def test_open_windows_fire_and_files_are_finished(env1, tmp_path, taken):
    class Seconds(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return value * 1000

    def numbers(ctx):
        yield from range(5)
        while not ctx.is_stopping:
            time.sleep(0.01)

    out = tmp_path / "out"
    (
        env1.from_source(numbers, type_info=Types.INT())
        .assign_timestamps_and_watermarks(
            WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Seconds())
        )
        .key_by(lambda n: 0)
        .window(TumblingEventTimeWindows.of(Time.hours(1)))
        .reduce(lambda a, b: (taken.add(b), a + b)[1])
        .map(str, Types.STRING())
        .sink_to(FileSink.for_row_format(str(out), Encoder.simple_string_encoder()).build())
    )
    client = env1.execute_async()
    assert eventually(lambda: len(taken.read()) == 4)  # All are in the window.
    assert not [p for p in out.rglob("*") if p.is_file() and not p.name.startswith(".")]
    client.stop().result()
    (part,) = [p for p in out.rglob("*") if p.is_file()]
    assert part.read_text() == "10\n"


def test_a_job_that_is_stopped_at_once_finishes(env1):
    env1.from_source(lambda: iter(itertools.count())).add_sink(lambda v: None)
    client = env1.execute_async()
    client.stop().result()
    assert client.get_job_status().result() is JobStatus.FINISHED
    client.stop().result()  # Again has no effect.


def test_a_failure_while_a_job_comes_to_its_end_is_its_end(env1, taken):
    env1._configuration.set_string("restart-strategy.type", "fixed-delay")

    def numbers(ctx):
        while not ctx.is_stopping:
            yield 1
            time.sleep(0.01)
        yield 0

    env1.from_source(numbers).map(lambda n: 1 / n).add_sink(taken.add)
    client = env1.execute_async()
    assert eventually(taken.read)
    assert isinstance(client.stop().exception(), UserFunctionError)


def test_a_stopped_job_may_still_be_cancelled(env1, taken):
    def numbers(ctx):
        while not ctx.is_stopping:
            yield 1
        yield 2

    env1.from_source(numbers).map(lambda n: (taken.add(n), n == 2 and time.sleep(60))).add_sink(
        lambda v: None
    )
    client = env1.execute_async()
    assert eventually(taken.read)
    stopping = client.stop()
    assert eventually(lambda: taken.read()[-1] == "2")
    assert not stopping.done()
    client.cancel().result()
    assert client.get_job_status().result() is JobStatus.CANCELED
