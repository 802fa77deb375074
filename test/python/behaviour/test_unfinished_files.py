"""Hidden files of file sinks: gone after every end that a process can see coming, and at the next start after others."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from isthmus import ts
from isthmus._worker.machine.processes import SystemProcesses, place_of_processes, started_at
from isthmus.common import Encoder, Types
from isthmus.datastream.connectors.file_system import BucketAssigner, FileSink, RollingPolicy
from isthmus.datastream.functions import MapFunction
from isthmus.errors import UserFunctionError

IDENTITY = "export const same = (value: string) => value;\n"
LANGUAGES = pytest.mark.parametrize("language", ["python", "typescript"])


def sink_on(folder: Path) -> FileSink:
    return (
        FileSink.for_row_format(str(folder), Encoder.simple_string_encoder())
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .with_rolling_policy(RollingPolicy.default_rolling_policy(part_size=1 << 20))
        .build()
    )


def write(env, folder: Path, language: str, of=("a",)) -> None:
    (folder.parent / "same.ts").write_text(IDENTITY)
    function = str if language == "python" else ts(folder.parent / "same.ts", "same")
    env.from_collection(list(of), Types.STRING()).map(function, Types.STRING()).sink_to(sink_on(folder))
    env.execute()


def of_a_dead_process(folder: Path) -> Path:
    """A hidden file whose writer has ended."""
    code = "from isthmus._worker.machine.processes import SystemProcesses; print(SystemProcesses().own())"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return hidden(folder, ended.stdout.strip())


def hidden(folder: Path, writer: str) -> Path:
    file = folder / f".part-01234567-89ab-4cde-8f01-23456789abcd-0.inprogress.{writer}"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text("half a li")
    return file


@pytest.mark.skipif(place_of_processes() is None, reason="needs /proc")
@LANGUAGES
def test_what_a_kill_left_is_removed_at_the_next_start(env1, tmp_path, language):
    out = tmp_path / "out"
    dead = [of_a_dead_process(out), of_a_dead_process(out / "2024-01-01--00")]
    mine = hidden(out, SystemProcesses().own())
    elsewhere = hidden(out, f"{SystemProcesses().own()[:24]}000000000000")
    other = hidden(out, "01234567-89ab-4cde-8f01-23456789abcd")
    write(env1, out, language)
    assert not any(file.exists() for file in dead)
    assert mine.exists(), "its writer lives"
    assert elsewhere.exists(), "nobody here knows whether its writer lives"
    assert other.exists(), "it is not ours"


@pytest.mark.skipif(place_of_processes() is None, reason="needs /proc")
@LANGUAGES
def test_the_hidden_files_of_both_languages_name_their_writer(env1, tmp_path, language):
    out = tmp_path / "out"
    seen: list[str] = []

    class Looks(MapFunction):
        def map(self, value):
            return [name for name in os.listdir(out) if name.startswith(".")] if value == "look" else []

    (tmp_path / "same.ts").write_text(IDENTITY)
    function = str if language == "python" else ts(tmp_path / "same.ts", "same")

    def slowly(ctx):
        import time

        yield "a"
        # The next record is made once the file of the first is there.
        while not any(name.startswith(".") for name in os.listdir(out)):
            time.sleep(0.01)
        yield "look"

    stream = env1.from_source(slowly)
    stream.map(function, Types.STRING()).sink_to(sink_on(out))
    with stream.map(Looks()).execute_and_collect() as results:
        for names in results:
            seen += names
    (name,) = seen
    pid = int(name.rpartition(".inprogress.")[2][:8], 16)
    assert pid != os.getpid()
    assert started_at(pid) is None or pid > 1


@LANGUAGES
def test_a_failing_close_leaves_no_file_of_others(env1, tmp_path, language):
    out = tmp_path / "out"
    (tmp_path / "same.ts").write_text(IDENTITY)
    function = str if language == "python" else ts(tmp_path / "same.ts", "same")

    class Closes(MapFunction):
        def map(self, value):
            if value == "fail":
                raise ValueError("wrong")
            return value

        def close(self):
            raise SystemExit(3)

    stream = env1.from_collection(["a", "fail"], Types.STRING()).map(Closes(), Types.STRING())
    stream.map(function, Types.STRING()).sink_to(sink_on(out))
    with pytest.raises(UserFunctionError, match="ValueError"):
        env1.execute()
    assert list(out.iterdir()) == []


FULL = """
from isthmus.common import Encoder, Types
from isthmus.datastream.connectors.file_system import BucketAssigner, FileSink
sink = (FileSink.for_row_format(sys.argv[1], Encoder.simple_string_encoder())
    .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner()).build())
lines = env.from_collection(["x" * 1000] * 2000, Types.STRING()).map({function}, Types.STRING())
lines.sink_to(sink)
env.execute()
"""


def only_small_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


@LANGUAGES
def test_a_full_disk_keeps_no_unfinished_file(programs, tmp_path, language):
    """As a full disk does, a limit of the size of files makes writes fail; the bytes before stay."""
    out = tmp_path / "out"
    (tmp_path / "same.ts").write_text(IDENTITY)
    function = (
        "str" if language == "python" else f'__import__("isthmus").ts({str(tmp_path / "same.ts")!r}, "same")'
    )
    done = programs.run(
        FULL.format(function=function), str(out), preexec_fn=only_small_files, restore_signals=False
    )
    assert done.returncode == 1
    assert "File too large" in done.stderr or "EFBIG" in done.stderr
    assert list(out.iterdir()) == []
