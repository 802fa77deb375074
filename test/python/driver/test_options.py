"""Options of a program: what is unknown or wrong, and what is said elsewhere than in code."""

from __future__ import annotations

from typing import Any

import pytest

SETS = """
env.configure(Configuration().set_string("{key}", "{value}"))
for _ in range(2):
    env.from_collection([1]).map(lambda v: v).print()
    env.execute()
"""


def test_an_unknown_key_is_a_warning_with_a_suggestion(programs):
    done = programs.run(SETS.format(key="parallelism.defualt", value="3"))
    assert done.stdout == "1\n1\n"
    assert (
        done.stderr
        == "Unknown option parallelism.defualt (code) is ignored. Did you mean parallelism.default?\n"
    )


def test_the_warning_is_a_log_record(programs):
    done = programs.run(
        "import logging; logging.basicConfig(format='%(name)s %(levelname)s', stream=sys.stdout)\n"
        + SETS.format(key="python.fn-execution.timeuot", value="3 s")
    )
    assert done.stdout.splitlines() == ["isthmus WARNING", "1", "1"]


def test_keys_of_flink_and_of_the_programs_own_are_accepted(programs):
    done = programs.run(
        """
        env.configure(Configuration.from_dict({
            "python.fn-execution.bundle.size": "1000",
            "python.state.cache-size": "0",
            "execution.buffer-timeout.interval": "10 ms",
            "python.execution-mode": "thread",
            "taskmanager.memory.process.size": "2g",
            "my.own.key": "x",
        }))
        env.from_collection([1]).print()
        env.execute()
        """
    )
    assert (done.stdout, done.stderr, done.returncode) == ("1\n", "", 0)


WRONG = {
    "execution.runtime-mode": ("BATHC", "one of STREAMING, BATCH, AUTOMATIC"),
    "pipeline.auto-watermark-interval": ("often", "a duration such as 500 ms, 10 s or 2 min, at most 24 d"),
    "python.worker.memory-limit": ("much", "a size such as 512 mb, 1 mb or more"),
}


def test_a_value_that_does_not_fit_names_what_would(programs):
    done = programs.run(
        f"""
        from isthmus.errors import ConfigurationError
        for key, (value, wanted) in {WRONG!r}.items():
            mine = StreamExecutionEnvironment.get_execution_environment(Configuration().set_string(key, value))
            mine.from_collection([1]).print()
            try:
                mine.execute()
            except ConfigurationError as e:
                print(str(e) == f'{{key}} is "{{value}}" (code); it must be {{wanted}}.')
        mine.from_collection([1]).print()
        mine.execute()
        """
    )
    assert done.stdout == "True\n" * len(WRONG)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "isthmus.errors.ConfigurationError: python.worker.memory-limit"
    )
    assert len(done.stderr.splitlines()) <= 4


def test_sizes_and_durations_are_written_as_flink_writes_them(programs):
    done = programs.run(
        """
        for window in ("1 kb", "65536", "1 mb"):
            env.configure(Configuration()
                .set_string("isthmus.channel.window-bytes", window)
                .set_string("isthmus.channels", "always")
                .set_string("pipeline.auto-watermark-interval", "10 ms"))
            numbers = env.from_collection(range(2000)).rebalance().map(lambda v: v)
            print(sum(numbers.execute_and_collect()))
        """
    )
    assert (done.stdout, done.stderr) == ("1999000\n" * 3, "")


def test_the_environment_is_stronger_than_the_code(programs):
    done = programs.run(
        """
        class Where(MapFunction):
            def open(self, runtime_context):
                self.parallelism = runtime_context.get_number_of_parallel_subtasks()
            def map(self, value):
                return self.parallelism

        env.from_collection([1]).map(Where()).print()
        env.execute()
        """,
        env={"ISTHMUS_PARALLELISM_DEFAULT": "3"},
    )
    assert done.stdout.rstrip().endswith("3")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("parallelism.default", "32769"),
        ("pipeline.max-parallelism", "32769"),
        ("isthmus.channel.window-bytes", "0"),
        ("isthmus.bridge.max-frame-bytes", "100 b"),
        ("python.worker.start-timeout", "100 d"),
        ("python.worker.max-count", "0"),
        ("python.worker.wait-timeout", "0"),
        ("isthmus.state.cache-entries", "0"),
        ("restart-strategy.fixed-delay.attempts", "-1"),
    ],
)
def test_a_value_out_of_its_limits_is_refused_from_code_and_environment(
    programs: Any, key: str, value: str
) -> None:
    program = f"""
        import sys
        from isthmus.errors import ConfigurationError
        if len(sys.argv) > 1:
            env.configure(Configuration().set_string({key!r}, {value!r}))
        env.from_collection([1]).print()
        try:
            env.execute()
        except ConfigurationError as e:
            print(e)
    """
    name = "ISTHMUS_" + key.removeprefix("isthmus.").replace(".", "_").replace("-", "_").upper()
    for done in (programs.run(program, "code"), programs.run(program, env={name: value})):
        assert done.stdout.startswith(f'{key} is "{value}" ('), done.stderr


@pytest.mark.parametrize("parallelism", [0, 32_769])
def test_a_parallelism_that_there_is_not_is_refused_by_every_setter(parallelism: int) -> None:
    from isthmus.datastream import StreamExecutionEnvironment

    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_collection([1]).map(lambda x: x)
    for setter in (
        env.set_parallelism,
        env.set_max_parallelism,
        env.get_config().set_parallelism,
        env.get_config().set_max_parallelism,
        stream.set_parallelism,
        stream.set_max_parallelism,
    ):
        with pytest.raises(ValueError, match=str(parallelism)):
            setter(parallelism)


def _lookup(**more: Any) -> Any:
    from isthmus.datastream.data_stream import lookup_join

    return lambda stream: lookup_join(stream, lambda k: k, lambda x: x, lambda x, found: found, **more)


@pytest.mark.parametrize("number", [0, -1, 1.5, float("nan"), "5"])
def test_counts_that_nothing_can_be_done_with_are_refused_by_the_call(number: Any) -> None:
    from isthmus.datastream import StreamExecutionEnvironment

    stream = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    for call in (
        lambda s: s.map_batch(lambda x: x, batch_size=number),
        lambda s: s.flat_map_batch(lambda x: x, batch_bytes=number),
        _lookup(capacity=number),
    ):
        with pytest.raises(ValueError, match="must be a whole number"):
            call(stream)


@pytest.mark.parametrize("number", [-1, float("nan"), 2**31, "5"])
def test_times_that_nobody_can_wait_for_are_refused_by_the_call(number: Any) -> None:
    from isthmus.datastream import StreamExecutionEnvironment

    stream = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    for call in (lambda s: s.map_batch(lambda x: x, latency_ms=number), _lookup(timeout_ms=number)):
        with pytest.raises(ValueError, match="must be a number of milliseconds"):
            call(stream)
