"""Records the job graph of a program instead of running it, for ``loadPipeline`` and ``isthmus graph``.

The first ``execute`` records the graph and ends the script. A program with several cannot be one pipeline; whether it
has more is not known at the first, so ``record`` looks at the text behind it.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

_recording = False
_recorded: tuple[dict[str, Any], list[bytes]] | None = None


class PipelineRecorded(BaseException):
    """Ends the script once its graph is known; no Exception, so that a program does not catch it by accident."""


def recording() -> bool:
    """Whether programs are being recorded: named inputs and outputs then stay what they are."""
    return _recording


def record_graph(graph: dict[str, Any], blobs: list[bytes]) -> None:
    """Called by ``execute`` under recording; does not return."""
    global _recorded
    _recorded = (graph, blobs)
    raise PipelineRecorded


def record(path: str, args: list[str] | None = None, cwd: str | None = None) -> str:
    """Run a program up to its first ``execute``; returns JSON {graph, blobs: [base64], later?, error?: {message, traceback}}.

    ``later`` is the line that would run another job: the program is no pipeline then. What the program prints goes to stderr.
    """
    global _recording, _recorded
    import os

    from ..__main__ import run_program

    _recording, _recorded = True, None
    stdout, sys.stdout = sys.stdout, sys.stderr
    saved_argv, saved_path, saved_main = list(sys.argv), list(sys.path), sys.modules.get("__main__")
    previous = os.getcwd()
    answer: dict[str, Any] = {}
    try:
        if cwd:
            os.chdir(cwd)
        run_program(path, list(args or ()))
        answer["error"] = {"message": f"{path} ended without calling execute(): it has no job."}
    except PipelineRecorded as reached:
        from .later_execution import later_execution

        later = later_execution(path, reached)
        if later is not None:
            answer["later"] = later
        if _recorded is not None:
            graph, blobs = _recorded
            answer["graph"] = _with_environment(graph, path)
            answer["blobs"] = [base64.b64encode(blob).decode() for blob in blobs]
    except SystemExit as e:
        answer["error"] = {"message": f"{path} exited with {e.code!r} before execute()."}
    except Exception as e:
        from .._worker.failure import user_traceback

        answer["error"] = {"message": f"{type(e).__name__}: {e}", "traceback": user_traceback(e)}
    finally:
        _recording = False
        sys.stdout = stdout
        sys.argv[:], sys.path[:] = saved_argv, saved_path
        if saved_main is not None:
            sys.modules["__main__"] = saved_main
        os.chdir(previous)
    return json.dumps(answer)


def _with_environment(graph: dict[str, Any], path: str) -> dict[str, Any]:
    import os

    graph["python"] = {
        "interpreter": sys.executable,
        "sysPath": [os.path.abspath(p) if p else os.getcwd() for p in sys.path],
        "cwd": os.getcwd(),
        "mainBundles": [],
        "mainFile": os.path.abspath(path),
        **graph.get("python", {}),
    }
    return graph
