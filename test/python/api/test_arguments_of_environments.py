"""What an environment is told and cannot mean: refused by the call, with a sentence that names the value."""

from __future__ import annotations

import pytest
from isthmus.datastream import StreamExecutionEnvironment

REFUSED = [
    ("configure", None, "configuration must be a Configuration"),
    ("set_state_backend", "rocksdb", "state backend must be a StateBackend"),
    ("set_restart_strategy", None, "restart strategy must be one of RestartStrategies"),
    ("set_stream_time_characteristic", "EventTime", "time characteristic must be a TimeCharacteristic"),
    ("set_buffer_timeout", "10", "buffer timeout is '10' ms"),
    ("set_buffer_timeout", True, "buffer timeout is True ms"),
    ("set_buffer_timeout", -2, "buffer timeout is -2 ms"),
    ("enable_checkpointing", "1 s", "checkpoint interval is '1 s' ms"),
    ("enable_checkpointing", 1.5, "checkpoint interval is 1.5 ms"),
    ("add_python_file", None, "Python file must be a path; it is None"),
    ("add_python_archive", 3.7, "archive must be a path; it is 3.7"),
    ("set_python_executable", b"python3", "Python interpreter must be a path; it is b'python3'"),
    ("set_default_local_parallelism", 0, "parallelism is 0"),
    ("set_default_savepoint_directory", None, "savepoint directory must be a path"),
]


@pytest.mark.parametrize(("method", "value", "told"), REFUSED, ids=str)
def test_what_cannot_be_meant_is_refused(method, value, told):
    env = StreamExecutionEnvironment.get_execution_environment()
    with pytest.raises((TypeError, ValueError)) as raised:
        getattr(env, method)(value)
    assert told in str(raised.value)
