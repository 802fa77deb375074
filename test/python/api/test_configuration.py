"""Options in a program."""

from __future__ import annotations

import pytest
from isthmus.common import Configuration, Duration
from isthmus.common.config_options import ConfigOptions
from isthmus.datastream import CheckpointingMode, RuntimeExecutionMode, StreamExecutionEnvironment
from isthmus.errors import ConfigurationError


def test_options_have_types_and_are_kept_as_text():
    config = Configuration()
    config.set_string("s", "x").set_integer("i", 3).set_boolean("b", True).set_float("f", 0.5)
    assert config.get_string("s", "") == "x"
    assert (config.get_integer("i", 0), config.get_boolean("b", False), config.get_float("f", 0)) == (
        3,
        True,
        0.5,
    )
    assert config.to_dict() == {"s": "x", "i": "3", "b": "true", "f": "0.5"}
    assert config.get_integer("absent", 7) == 7
    with pytest.raises(ValueError, match="Unrecognized option for boolean: x"):
        config.get_boolean("s", True)


def test_a_text_is_read_as_the_type_that_is_asked_for():
    config = Configuration().set_string("i", "3").set_string("b", "TRUE")
    assert config.get_integer("i", 0) == 3
    assert config.get_boolean("b", False) is True


def test_options_are_added_removed_and_compared():
    config = Configuration().set_string("a", "1")
    other = Configuration().set_string("b", "2")
    config.add_all(other)
    config.add_all(other, "prefix.")
    assert config.key_set() == {"a", "b", "prefix.b"}
    assert config.remove_config("a") and not config.remove_config("a")
    assert not config.contains_key("a")
    assert Configuration(config) == config
    assert hash(Configuration(config)) == hash(config)
    assert str(other) == "{b=2}"


def test_options_by_name():
    option = ConfigOptions.key("x.count").int_type().default_value(4)
    config = Configuration()
    assert config.get(option) == 4
    assert config.set(option, 5).get(option) == 5
    assert config.contains(option)


def test_the_environment_has_a_copy():
    config = Configuration().set_integer("parallelism.default", 3)
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(2)
    assert config.get_integer("parallelism.default", 0) == 3
    assert env.get_parallelism() == 2
    env.configure(Configuration().set_integer("parallelism.default", 4))
    assert env.get_parallelism() == 4


def test_flinks_own_keys_reach_the_environment(env):
    env.configure(
        Configuration()
        .set_string("pipeline.max-parallelism", "12")
        .set_string("pipeline.operator-chaining.enabled", "false")
        .set_string("execution.runtime-mode", "BATCH")
        .set_string("pipeline.auto-watermark-interval", "50 ms")
    )
    assert env.get_max_parallelism() == 12
    assert not env.is_chaining_enabled()
    assert env.get_config().get_auto_watermark_interval() == 50


def test_the_setters_of_the_environment_are_the_same_options(env):
    env.set_runtime_mode(RuntimeExecutionMode.BATCH).set_max_parallelism(12)
    env.get_config().set_auto_watermark_interval(70)
    config = env._configuration.to_dict()
    assert config["execution.runtime-mode"] == "BATCH"
    assert config["pipeline.max-parallelism"] == "12"
    assert env.get_config().get_auto_watermark_interval() == 70


def test_options_that_are_lengths_of_time_have_units(env):
    options = Configuration()
    options.set_string("pipeline.auto-watermark-interval", "2 s")
    options.set_string("execution.buffer-timeout.interval", "7ms")
    options.set_string("execution.checkpointing.interval", "1 min")
    options.set_string("execution.checkpointing.min-pause", "500")
    options.set_string("execution.checkpointing.max-concurrent-checkpoints", "4")
    options.set_string("execution.checkpointing.unaligned.enabled", "true")
    env.configure(options)
    assert env.get_config().get_auto_watermark_interval() == 2000
    assert env.get_buffer_timeout() == 7
    checkpoints = env.get_checkpoint_config()
    assert checkpoints.get_checkpoint_interval() == 60_000
    assert checkpoints.get_min_pause_between_checkpoints() == 500
    assert checkpoints.get_max_concurrent_checkpoints() == 4
    assert checkpoints.is_unaligned_checkpoints_enabled()
    checkpoints.set_checkpointing_mode(CheckpointingMode.AT_LEAST_ONCE)
    assert not checkpoints.is_unaligned_checkpoints_enabled()
    options.set_string("pipeline.auto-watermark-interval", "soon")
    env.configure(options)
    with pytest.raises(ConfigurationError, match='auto-watermark-interval is "soon"'):
        env.get_config().get_auto_watermark_interval()


@pytest.mark.parametrize(
    ("duration", "ms"),
    [(Duration.of_millis(5), 5), (Duration.of_seconds(2), 2000), (Duration.of_minutes(1), 60000)],
)
def test_durations(duration, ms):
    assert duration.to_millis() == ms
