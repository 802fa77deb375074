"""Records the job graph of a program instead of running it, for ``loadPipeline`` and ``isthmus graph``.

The first ``execute`` records the graph and ends the script. A program with several cannot be one pipeline; whether it
has more is not known at the first, so ``record`` looks at the text behind it.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import TYPE_CHECKING, Any

from .._program import recording
from .._program.environment import in_environment

if TYPE_CHECKING:
    from .._program.job_graph import PythonEnvironmentSpec, SubmittedGraph


def record(path: str, args: list[str] | None = None, cwd: str | None = None) -> str:
    """Run a program up to its first ``execute``; returns JSON {graph, blobs: [base64], later?, error?: {message, traceback}}.

    ``later`` is the line that would run another job: the program is no pipeline then. What the program prints goes to stderr.
    """
    import os

    from .program import run_program

    recording.begin()
    stdout, sys.stdout = sys.stdout, sys.stderr
    saved_argv, saved_path, saved_main = list(sys.argv), list(sys.path), sys.modules.get("__main__")
    previous = os.getcwd()
    answer: dict[str, Any] = {}
    try:
        if cwd:
            os.chdir(cwd)
        run_program(path, list(args or ()))
        answer["error"] = {"message": f"{path} ended without calling execute(): it has no job."}
    except recording.PipelineRecorded as reached:
        from .later_execution import later_execution

        later = later_execution(path, reached)
        if later is not None:
            answer["later"] = later
        recorded = recording.recorded()
        if recorded is not None:
            graph, blobs = recorded
            answer["graph"] = _with_environment(graph, path)
            answer["blobs"] = [base64.b64encode(blob).decode() for blob in blobs]
    except SystemExit as e:
        answer["error"] = {"message": f"{path} exited with {e.code!r} before execute()."}
    except Exception as e:
        from .._values.failure import user_traceback

        answer["error"] = {"message": f"{type(e).__name__}: {e}", "traceback": user_traceback(e)}
    finally:
        recording.end()
        sys.stdout = stdout
        sys.argv[:], sys.path[:] = saved_argv, saved_path
        if saved_main is not None:
            sys.modules["__main__"] = saved_main
        os.chdir(previous)
    return json.dumps(answer)


def _with_environment(graph: SubmittedGraph, path: str) -> SubmittedGraph:
    import os

    around: PythonEnvironmentSpec = {
        "interpreter": sys.executable,
        "sysPath": [os.path.abspath(p) if p else os.getcwd() for p in sys.path],
        "cwd": os.getcwd(),
        "mainBundles": [],
        "mainFile": os.path.abspath(path),
    }
    graph["python"] = in_environment(graph["python"], around)
    return graph
