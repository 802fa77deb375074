"""What a worker asks of the machine is handed to it (``_worker/machine/machine.py``), so that a simulation can hand in its
own."""

from __future__ import annotations

import ast
from pathlib import Path

import isthmus

_WORKER = Path(isthmus.__file__).parent / "_worker"
_FOLDERS = ("runtime", "operators", "connectors", "state")
_MODULES = {
    *("time", "threading", "asyncio", "uuid", "random", "secrets", "tempfile", "shutil", "socket", "select"),
    *("selectors", "subprocess", "multiprocessing", "sqlite3"),
}
#: Of ``os``, what asks for nothing but names.
_NAMES = {"path", "fspath", "fsencode", "fsdecode", "sep", "linesep", "PathLike"}
#: Types, and what puts a time into words, are no reaching out.
_TYPES = {"random": {"Random"}, "uuid": {"UUID"}, "time": {"strftime", "localtime"}}

#: By file, what it may reach for, and why.
EXCEPTIONS = {
    # Code is loaded, which is no data of a job.
    "runtime/functions.py": {"os.path.exists"},
    # It runs beside the loop; a simulation hands in none.
    "runtime/watchdog.py": {"threading", "time"},
    # Of the process and its program, not of a job's data: garbage, forks, path and folder, what is unpacked for it.
    "runtime/collector.py": {
        "time",
        "os.open",
        "os.read",
        "os.close",
        "os.pread",
        "os.O_RDONLY",
        "os.O_CLOEXEC",
        "os.sysconf",
    },
    "runtime/forked.py": {
        "os.open",
        "os.devnull",
        "os.O_RDWR",
        "os.dup2",
        "os.close",
        "os.register_at_fork",
        "os._exit",
    },
    "runtime/program.py": {"time", "os.getcwd", "os.chdir", "os.environ"},
    "runtime/archives.py": {"*"},
    "runtime/unpacking.py": {"*"},
    # Users' coroutines and iterators have an event loop and a thread of their own, which no simulation can have a hold on.
    "operators/async_wait.py": {"asyncio", "time"},
    "operators/loop_thread.py": {"asyncio", "threading", "time"},
    "operators/calls.py": {"asyncio"},
    "operators/plain_thread.py": {"asyncio", "threading"},
    "connectors/function/source_function.py": {"asyncio", "threading", "time"},
    # Locks against users' threads.
    "connectors/print/sink_print.py": {"threading"},
    "state/object_keys.py": {"threading"},
    # SQLite opens its file by itself; it is private to the run, and gone with it.
    "state/embedded.py": {"sqlite3", "tempfile", "os.unlink", "os.rmdir"},
}


def reached(tree: ast.AST) -> set[str]:
    """Modules and functions by which a file reaches for the machine."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {a.name.partition(".")[0] for a in node.names} & _MODULES
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in _MODULES:
            found.add(node.module)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            if node.attr not in _NAMES:
                found.add(f"os.{node.attr}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            found.add("open()")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("os.path."):
            # Questions to the file system, which names alone do not answer.
            what = ast.unparse(node.func).removeprefix("os.path.")
            if what in {"exists", "isdir", "isfile", "islink", "realpath", "getsize", "getmtime", "lexists"}:
                found.add(f"os.path.{what}")
    for name, types in _TYPES.items():
        uses = {
            n.attr
            for n in ast.walk(tree)
            if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == name
        }
        if uses <= types:
            found.discard(name)
    return found


def test_time_files_and_randomness_are_handed_in():
    paths = [path for folder in _FOLDERS for path in (_WORKER / folder).rglob("*.py")]
    assert len(paths) > 80
    found = {}
    for path in paths:
        name = str(path.relative_to(_WORKER))
        allowed = EXCEPTIONS.get(name, set())
        direct = set() if "*" in allowed else reached(ast.parse(path.read_text())) - allowed
        if direct:
            found[name] = sorted(direct)
    assert found == {}
