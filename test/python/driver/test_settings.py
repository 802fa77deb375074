"""Settings of a program: each place says them the same way, and workers are told numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

#: Prints what a Python function is told.
TOLD = """
class Told(MapFunction):
    def open(self, runtime_context):
        settings = runtime_context._ctx.settings
        print(settings.auto_watermark_interval_ms, settings.object_reuse, settings.state_backend,
              settings.close_timeout_ms, runtime_context.get_job_parameter("region", "none"),
              runtime_context.get_max_number_of_parallel_subtasks(), runtime_context._ctx.job_name)
    def map(self, value):
        return value

env.from_collection([1]).key_by(lambda value: value).map(Told()).add_sink(lambda value: None)
env.execute()
"""
SAID = {
    "pipeline.auto-watermark-interval": "2 seconds",
    "pipeline.object-reuse": "TRUE",
    "state.backend.type": "rocksdb",
    "isthmus.close-timeout": "PT3S",
    "pipeline.global-job-parameters": "region:'eu, west',n:1",
    "pipeline.max-parallelism": "64",
    "pipeline.name": "told",
}
EXPECTED = "2000 True embedded 3000 eu, west 64 told\n"
NESTED = """
pipeline:
  auto-watermark-interval: 2 seconds
  object-reuse: TRUE
  global-job-parameters: {region: "eu, west", n: 1}
  max-parallelism: 64
  name: told
state.backend: rocksdb
isthmus:
  close-timeout: PT3S
"""

SETTERS = """
env.get_config().set_auto_watermark_interval(2000)
env.get_config().enable_object_reuse()
env.get_config().set_global_job_parameters({"region": "eu, west", "n": "1"})
env.set_max_parallelism(64)
env.set_state_backend(EmbeddedRocksDBStateBackend())
env.configure(Configuration().set_string("pipeline.name", "told").set_string("isthmus.close-timeout", "3 s"))
print(env.get_config().get_global_job_parameters())
"""


def _variable(key: str) -> str:
    return "ISTHMUS_" + key.removeprefix("isthmus.").replace(".", "_").replace("-", "_").upper()


@pytest.mark.parametrize("place", ["code", "file", "flat file", "environment", "command line"])
def test_workers_are_told_the_same_whoever_says_it(programs: Any, place: str) -> None:
    env: dict[str, str] = {}
    program = TOLD
    if place == "code":
        program = f"env.configure(Configuration.from_dict({SAID!r}))\n" + TOLD
    elif place == "file":
        env = {"ISTHMUS_CONFIG_FILE": str(programs.write("config.yaml", NESTED))}
    elif place == "flat file":
        lines = "".join(f"{key}: {value}\n" for key, value in SAID.items())
        env = {"ISTHMUS_CONFIG_FILE": str(programs.write("flink-conf.yaml", lines))}
    elif place == "environment":
        env = {_variable(key): value for key, value in SAID.items()}
    else:
        env = {"ISTHMUS_COMMAND_LINE": json.dumps(SAID)}
    done = programs.run(program, env=env)
    assert (done.stdout, done.stderr) == (EXPECTED, "")


def test_defaults(programs: Any) -> None:
    done = programs.run(TOLD)
    assert (done.stdout, done.stderr) == ("200 False hashmap 2000 none 128 Flink Streaming Job\n", "")


def test_setters_and_their_options_are_the_same(programs: Any) -> None:
    done = programs.run(SETTERS + TOLD)
    assert (done.stdout, done.stderr) == ("{'region': 'eu, west', 'n': '1'}\n" + EXPECTED, "")


def test_a_name_given_to_execute_is_the_name(programs: Any) -> None:
    done = programs.run(
        TOLD.replace("env.execute()", "env.execute('mine')"), env={"ISTHMUS_PIPELINE_NAME": "x"}
    )
    assert done.stdout.endswith(" mine\n")


def test_getters_say_what_is_in_force(programs: Any) -> None:
    done = programs.run(
        """
        env.set_parallelism(2)
        print(env.get_parallelism(), env.get_max_parallelism(), env.is_chaining_enabled(),
              env.get_config().get_auto_watermark_interval())
        """,
        env={
            "ISTHMUS_PARALLELISM_DEFAULT": "3",
            "ISTHMUS_FILE_SETTINGS": '{"pipeline.operator-chaining": "false", "pipeline.max-parallelism": "9"}',
            "ISTHMUS_COMMAND_LINE": '{"pipeline.auto-watermark-interval": "1 minute", "parallelism.default": "4"}',
        },
    )
    assert (done.stdout, done.stderr) == ("4 9 False 60000\n", "")


def test_what_has_no_effect_is_said_once(programs: Any) -> None:
    done = programs.run(
        """
        from isthmus.common import Configuration
        savepoints = Configuration()
        savepoints.set_string("execution.checkpointing.savepoint-dir", "/s")
        env.configure(savepoints)
        for _ in range(2):
            env.from_collection([1]).print()
            env.execute()
        """
    )
    assert done.stderr == (
        "execution.checkpointing.savepoint-dir (code) has no effect: savepoints come with the next release.\n"
    )


def test_a_file_that_cannot_be_read_ends_the_job_before_it_starts(programs: Any) -> None:
    path = programs.write("config.yaml", "pipeline:\n  name: a\n name: b\n")
    done = programs.run(
        "env.from_collection([1]).print()\nenv.execute()", env={"ISTHMUS_CONFIG_FILE": str(path)}
    )
    assert (done.stdout, done.returncode) == ("", 1)
    assert f"ConfigurationError: {path}, line 3: " in done.stderr
