"""What Python code offers, for the TypeScript API: looked up before a job starts, in a process of its own.

A function is looked up in the source text first, which runs no user code. Only where the text does not tell (a
decorator, a name that is bound in another way, a method that a base class may have) is the module imported.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from .._code.imported import Imported, stamp_of
from .._code.imports import loading, this_process_finds_functions
from .._pyflink.alias import install as alias_pyflink

Found = dict[str, Any]

#: Modules of the bridge that calls us, which lie on the import path beside it and would hide the user's.
_BRIDGE_MODULES = ("Bridge", "proxy", "json_patch", "interface", "ws")


def describe(requests: str, path_end: str = "[]") -> str:
    """Look functions up.

    Args:
        requests: JSON list of ``{file?, module?, name, methods}``; ``methods`` are what an operator may call.
        path_end: JSON list of folders at the end of the import path.

    Returns:
        JSON list in the same order of ``{found, files}``: ``{kind, ...}`` or ``{problem, message, names?}``, and the
        files that it was found in, as ``Imported.files`` says them.
    """
    _leave_bridge()
    alias_pyflink()
    this_process_finds_functions()
    sys.path.extend(p for p in json.loads(path_end) if p not in sys.path)
    imported = Imported()
    with _user_output():
        answers = []
        for request in json.loads(requests):
            imported.look()
            answers.append(_describe(request))
        imported.look()
    # Which of them the import of one request alone brought in is not told apart.
    return json.dumps(
        [
            {"found": found, "files": [*imported.files, *([] if file is None else [file])]}
            for file, found in answers
        ]
    )


def record(path: str, args: str, cwd: str) -> str:
    """Record the graph of a pipeline; see ``isthmus._entry.record``. ``args`` is a JSON list."""
    _leave_bridge()
    with _user_output():
        from .record import record as record_graph

        return record_graph(path, json.loads(args), cwd)


def _describe(request: dict[str, Any]) -> tuple[list[str] | None, Found]:
    """What was found, behind path and stamp of the file that was read for it."""
    path, problem = _source_of(request)
    if problem is not None:
        return None, problem
    file = None if path is None else [path, stamp_of(path)]
    name = request["name"]
    if path is not None:
        try:
            with open(path, "rb") as text:
                tree = ast.parse(text.read(), path)
        except SyntaxError as e:
            return file, _problem("import", f"{path}, line {e.lineno}: {e.msg}")
        found = _in_text(tree, name, request.get("methods", ()))
        if found is not None and _batches_told(found, request, tree):
            return file, found
    return file, _by_import(request, path)


def _source_of(request: dict[str, Any]) -> tuple[str | None, Found | None]:
    """The source file of a request, if it has one."""
    if request.get("file"):
        path = request["file"]
        if os.path.isfile(path):
            return path, None
        folder = os.path.dirname(path)
        names = [n for n in sorted(os.listdir(folder)) if n.endswith(".py")] if os.path.isdir(folder) else []
        return None, _problem("file", f"There is no Python file {path}.", names)
    module = request["module"]
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    except (Exception, SystemExit) as e:  # A package above it runs its own code.
        return None, _import_problem(module, e)
    if spec is None:
        return None, _problem("module", f"There is no Python module {module!r}.")
    origin = spec.origin
    return (origin if origin is not None and origin.endswith(".py") else None), None


# From the text.


def _in_text(tree: ast.Module, name: str, methods: Any) -> Found | None:
    """What the text says of a top-level function or class; None where it does not tell."""
    first, _, attribute = name.partition(".")
    bound = [node for node in ast.walk(tree) if _binds(node, first)]
    tops = [node for node in tree.body if _binds(node, first)]
    if len(bound) != 1 or len(tops) != 1:
        return None
    node = tops[0]
    if isinstance(node, ast.ClassDef):
        return None if attribute or node.decorator_list else _class_in_text(tree, node, methods)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None if attribute or node.decorator_list else {"kind": "function", **_signature_in_text(node)}
    return None


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == name
    if isinstance(node, ast.Name):
        return node.id == name and isinstance(node.ctx, (ast.Store, ast.Del))
    if isinstance(node, ast.alias):
        return (node.asname or node.name.partition(".")[0]) == name
    return False


def _class_in_text(tree: ast.Module, node: ast.ClassDef, methods: Any) -> Found | None:
    found: dict[str, Any] = {}
    constructor = None
    classes = {n.name: n for n in tree.body if isinstance(n, ast.ClassDef)}
    waiting, complete = [node], True
    while waiting:
        current = waiting.pop(0)
        if current.decorator_list or current.keywords:
            return None
        for member in current.body:
            if not isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)):
                complete = complete and isinstance(member, (ast.Expr, ast.AnnAssign, ast.Pass))
                continue
            if member.decorator_list:
                if member.name in methods or member.name == "__init__":
                    return None
                continue
            if member.name == "__init__" and constructor is None:
                constructor = _signature_in_text(member, bound=True)
            found.setdefault(member.name, _signature_in_text(member, bound=True))
        for base in current.bases:
            if isinstance(base, ast.Name) and base.id in classes and base.id != current.name:
                waiting.append(classes[base.id])
            elif not (isinstance(base, ast.Name) and base.id == "object"):
                complete = False
    # A base that is elsewhere may have the rest.
    if not complete and (constructor is None or not any(m in found for m in methods)):
        return None
    nothing = {"required": 0, "most": 0, "names": [], "keywordOnly": []}
    return {"kind": "class", "methods": found, "constructor": constructor or nothing}


def _signature_in_text(node: ast.FunctionDef | ast.AsyncFunctionDef, *, bound: bool = False) -> Found:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args][1 if bound else 0 :]
    required = max(0, len(positional) - len(arguments.defaults))
    annotated = [*positional, *arguments.kwonlyargs]
    annotations = {a.arg: ast.unparse(a.annotation) for a in annotated if a.annotation is not None}
    if node.returns is not None:
        annotations["return"] = ast.unparse(node.returns)
    needed = [a.arg for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is None]
    return {
        "required": required,
        "most": None if arguments.vararg else len(positional),
        "names": None if arguments.kwarg else [a.arg for a in annotated],
        "keywordOnly": needed,
        "annotations": annotations,
        "line": node.lineno,
        "isAsync": isinstance(node, ast.AsyncFunctionDef),
    }


def _batches_told(found: Found, request: dict[str, Any], tree: ast.Module) -> bool:
    """Whether the text says what batches a vectorised function declares."""
    from .._program.batch_annotation import is_told_by_text

    signatures = [found, *found.get("methods", {}).values()] if _batch_methods(request) else []
    for signature in signatures:
        names, annotations = signature.get("names") or (), signature.get("annotations", {})
        if names and names[0] in annotations and not is_told_by_text(annotations[names[0]], tree):
            return False
    return True


def _batch_methods(request: dict[str, Any]) -> list[str]:
    return [method for method in request.get("methods", ()) if method.endswith("map_batch")]


# By import.


def _by_import(request: dict[str, Any], path: str | None) -> Found:
    from .._worker.runtime.functions import module_of

    try:
        with loading():
            found: Any = module_of(request.get("module"), request.get("file"))
    except (Exception, SystemExit) as e:
        return _import_problem(path or request["module"], e)
    where = path or request["module"]
    for part in request["name"].split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            names = [n for n in _own_names(found) if not n.startswith("_")]
            return _problem("name", f"{where} has no {request['name']!r}.", names)
    said = _said_of(found, request)
    for method in _batch_methods(request):
        said |= _batch_problem(found, method)
    return said


def _said_of(found: Any, request: dict[str, Any]) -> Found:
    if inspect.isclass(found):
        methods = {n: s for n in _own_names(found) if (s := _signature(getattr(found, n, None), bound=True))}
        constructor = None if found.__init__ is object.__init__ else _signature(found.__init__, bound=True)
        return {"kind": "class", "methods": methods, "constructor": constructor or _signature(_no_arguments)}
    for method in request.get("methods", ()):
        if hasattr(found, method):
            methods = {n: s for n in _own_names(found) if (s := _signature(getattr(found, n, None)))}
            return {"kind": "instance", "methods": methods}
    if not callable(found):
        return {"kind": "value", "type": type(found).__name__}
    return {"kind": "function", **(_signature(found) or _anything())}


def _batch_problem(function: Any, method: str) -> Found:
    """What is wrong with the declared type of a vectorised function's batches."""
    from .._program.batch_annotation import declared_format
    from ..errors import GraphError

    if inspect.isclass(function):
        called = getattr(function, method, None) or (
            function.__call__ if _is_called(function, "__call__") else None
        )
        if called is None:
            return {}
        function = functools.partial(called, None)  # for self
    try:
        declared_format(function, method)
    except GraphError as e:
        return {"batchProblem": str(e)}
    return {}


def _own_names(found: Any) -> list[str]:
    return [
        n
        for n in dir(found)
        if not n.startswith("__") or n in ("__iter__", "__aiter__") or _is_called(found, n)
    ]


def _is_called(found: Any, name: str) -> bool:
    """A class has ``__call__`` by its own class, too: only one that its instances get is meant."""
    return name == "__call__" and (
        not inspect.isclass(found) or any("__call__" in c.__dict__ for c in found.__mro__)
    )


def _no_arguments() -> None:
    pass


def _anything() -> Found:
    return {"required": 0, "most": None, "names": None, "keywordOnly": []}


def _signature(function: Callable[..., Any] | None, *, bound: bool = False) -> Found | None:
    if not callable(function):
        return None
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return _anything()
    parameters = list(signature.parameters.values())
    if (
        bound
        and parameters
        and parameters[0].kind
        in (
            inspect.Parameter.POSITIONAL_ONLY,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
        )
    ):
        parameters = parameters[1:]
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keywords = [p for p in parameters if p.kind == p.KEYWORD_ONLY]
    annotations = {
        p.name: inspect.formatannotation(p.annotation) for p in parameters if p.annotation is not p.empty
    }
    if signature.return_annotation is not signature.empty:
        annotations["return"] = inspect.formatannotation(signature.return_annotation)
    return {
        "required": sum(p.default is p.empty for p in positional),
        "most": None if any(p.kind == p.VAR_POSITIONAL for p in parameters) else len(positional),
        "names": None
        if any(p.kind == p.VAR_KEYWORD for p in parameters)
        else [p.name for p in positional + keywords],
        "keywordOnly": [p.name for p in keywords if p.default is p.empty],
        "annotations": annotations,
        "isAsync": inspect.iscoroutinefunction(function),
    }


# Around it.


def _problem(problem: str, message: str, names: list[str] | None = None) -> Found:
    return {"problem": problem, "message": message, "names": names or []}


def _import_problem(where: str, error: BaseException) -> Found:
    from .._values.failure import user_traceback

    found = _problem("import", f"{where} cannot be imported: {type(error).__name__}: {error}")
    found["traceback"] = user_traceback(error)
    return found


def _leave_bridge() -> None:
    for name in _BRIDGE_MODULES:
        sys.modules.pop(name, None)
    sys.path[:] = [p for p in sys.path if not (p and os.path.isfile(os.path.join(p, "interface.py")))]


@contextlib.contextmanager
def _user_output() -> Iterator[None]:
    """What user code prints is out, and in order, before the answer is."""
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
