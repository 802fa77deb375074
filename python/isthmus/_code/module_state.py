"""What a program has set in its own modules before the job: settings of its arguments, say. Workers import modules anew.

M1. Carried are attributes that the module's text gives a literal, once, and that hold another simple value now (numbers,
    texts, times, paths, None, containers and namespaces of these); attributes of its classes likewise; and simple values
    under names that the text does not know. What an import makes in another way may well be another in each process.
M2. Only of modules of the program's own that functions refer to, by whatever way; those of libraries have state that is
    none of the job's.
M3. What cannot be carried and stands where the text has a value, and what stands where it has a function, is told:
    functions see the module's own. Not told are registries that an import fills, and what is made at its first use.
M4. All such modules are imported before any is changed: what one takes out of another is as in the program.
"""

from __future__ import annotations

import ast
import base64
import os
import pickle
import sys
from collections import deque
from collections.abc import Iterable
from types import FunctionType, ModuleType
from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
#: Of the standard library; ``sysconfig``, which knows them, takes longer than a small program.
_LIBRARIES = (
    os.path.join(os.path.dirname(os.__file__), ""),
    os.path.join(sys.base_exec_prefix, sys.platlibdir, _VERSION, ""),
)
_MAX_BYTES = 1 << 20
#: Modules that are looked at, the nearest first: a function may lead to a whole application.
_MAX_MODULES = 64
_MAX_TEXT_BYTES = 1 << 18
#: What the text of a module says, by name. A text that is edited later is not what the program has: until the module is
#: loaded again, which gives it another ``__spec__``, the text stays the one that was seen first.
_texts: dict[str, tuple[Any, _Text]] = {}
_told: set[str] = set()
#: Classes of the standard library, by name: they need not be imported to be known.
_PLAIN = frozenset(
    {f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta", "timezone")}
    | {f"pathlib.{name}" for name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")}
    | {"decimal.Decimal", "fractions.Fraction", "uuid.UUID", "zoneinfo.ZoneInfo"}
)
_NAMESPACES = frozenset({"argparse.Namespace", "types.SimpleNamespace", "optparse.Values"})


class _Text:
    """What the text of a module says of its state."""

    def __init__(self, tree: ast.Module, package: str) -> None:
        #: Names that get a literal, and those of functions; both once, and at the top.
        self.literals, self.functions = _bindings(tree)
        #: The same of the classes at the top, by their names.
        self.classes = {node.name: _bindings(node)[0] for node in tree.body if isinstance(node, ast.ClassDef)}
        #: Every name that it binds, wherever; None where that cannot be known.
        self.names = _names(tree)
        #: Modules that it may import, wherever.
        self.imports = list(_imports(tree, package))


def changed_state(names: Iterable[str]) -> str | None:
    """The state of the modules ``names``, and of those that they refer to, that differs from their text; None for none."""
    state: dict[str, dict[str, Any]] = {}
    modules = _own_modules(names)
    for module in modules:
        text = _text_of(module)
        present = vars(module)
        for name, literal in text.literals.items():
            if name not in present or _same(present[name], literal):
                continue
            if _is_simple(present[name]):
                state.setdefault(module.__name__, {})[name] = present[name]  # M1
            elif literal is not None and type(present[name]) is not type(literal):
                _tell(module, name, f"a {type(present[name]).__name__}, which is not carried to workers")
        changed = {**_changed_of_classes(module, text), **_added(module, text)}
        if changed:
            state.setdefault(module.__name__, {}).update(changed)
        for name in text.functions:
            if name in present and not _is_function_of(module, name, present[name]):
                _tell(module, name, "another function than its own")  # M3
    if not state:
        return None
    # M4: in the order in which the program has imported them.
    order = [name for name in list(sys.modules) if any(name == module.__name__ for module in modules)]
    data = pickle.dumps((order, state), 5)
    if len(data) > _MAX_BYTES:
        _tell(sys.modules[next(iter(state))], "…", f"{len(data)} bytes, too many to be carried to workers")
        return None
    return base64.b64encode(data).decode()


def restore_state(text: str) -> None:
    """Called by the worker, before functions are loaded."""
    import importlib

    order, state = pickle.loads(base64.b64decode(text))
    for module_name in order:
        try:
            importlib.import_module(module_name)
        except BaseException:  # Loading the functions says so, with their operator.
            state.pop(module_name, None)
    for module_name, values in state.items():
        module = sys.modules[module_name]
        for path, value in values.items():
            class_name, _, name = path.rpartition(".")
            owner: Any = getattr(module, class_name) if class_name else module
            present: Any = getattr(owner, name, None)
            # Others may have taken the container out of the module.
            if type(present) is type(value) and isinstance(value, (dict, set)):
                if present != value:
                    present.clear()
                    present.update(value)
            elif type(present) is type(value) is list:
                present[:] = value
            else:
                setattr(owner, name, value)


def _own_modules(names: Iterable[str]) -> list[ModuleType]:
    found: dict[str, ModuleType] = {}
    waiting = deque(sorted(names))
    while waiting and len(found) < _MAX_MODULES:
        name = waiting.popleft()
        module = sys.modules.get(name)
        if name in found or module is None or not _is_own(module):  # M2
            continue
        found[name] = module
        waiting += _text_of(module).imports
        for value in list(vars(module).values()):
            of = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
            if isinstance(of, str) and isinstance(value, (ModuleType, FunctionType, type)):
                waiting.append(of)
    return [found[name] for name in sorted(found)]


def _is_own(module: ModuleType) -> bool:
    path = getattr(module, "__file__", None)
    if module.__name__ == "__main__" or not isinstance(path, str) or not path.endswith(".py"):
        return False
    path = os.path.abspath(path)
    return not (path.startswith(_PACKAGE) or path.startswith(_LIBRARIES) or "-packages" + os.sep in path)


def _text_of(module: ModuleType) -> _Text:
    known = _texts.get(module.__name__)
    if known is None or known[0] is not module.__spec__:
        known = _texts[module.__name__] = (
            module.__spec__,
            _read(str(module.__file__), module.__package__ or ""),
        )
    return known[1]


def _read(path: str, package: str) -> _Text:
    try:
        with open(path, "rb") as file:
            text = file.read(_MAX_TEXT_BYTES + 1)
        return _Text(ast.parse(text if len(text) <= _MAX_TEXT_BYTES else b"", path), package)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return _Text(ast.Module([], []), package)


def _imports(tree: ast.Module, package: str) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _is_function_of(module: ModuleType, name: str, value: Any) -> bool:
    code = getattr(value, "__code__", None)
    return code is not None and code.co_name == name and getattr(value, "__module__", None) == module.__name__


def _names(tree: ast.Module) -> frozenset[str] | None:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.alias):
            if node.name == "*":
                return None
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Name):
            if node.id in ("globals", "exec", "setattr"):
                return None
            found.add(node.id)
        elif isinstance(name := getattr(node, "name", None), str):
            # Of functions, classes, caught exceptions and patterns.
            found.add(name)
    return frozenset(found)


def _changed_of_classes(module: ModuleType, text: _Text) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for class_name, literals in text.classes.items():
        kind = vars(module).get(class_name)
        # Metaclasses make of literals what they like.
        if type(kind) is not type or kind.__module__ != module.__name__ or kind.__qualname__ != class_name:
            continue
        present = vars(kind)
        for name, literal in literals.items():
            if name in present and not _same(present[name], literal) and _is_simple(present[name]):
                changed[f"{class_name}.{name}"] = present[name]
    return changed


def _added(module: ModuleType, text: _Text) -> dict[str, Any]:
    if text.names is None:
        return {}
    return {
        name: value
        for name, value in list(vars(module).items())
        if name not in text.names and not name.startswith("__") and _is_simple(value)
    }


def _bindings(tree: ast.Module | ast.ClassDef) -> tuple[dict[str, Any], frozenset[str]]:
    bound: dict[str, int] = {}
    literals: dict[str, Any] = {}
    functions: set[str] = set()
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if len(targets) == 1 and isinstance(targets[0], ast.Name) and value is not None:
            try:
                literals[targets[0].id] = ast.literal_eval(value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                pass
        elif isinstance(node, ast.FunctionDef) and not node.decorator_list:
            functions.add(node.name)
        for name in _bound_by(node):
            bound[name] = bound.get(name, 0) + 1
    once = {name for name, times in bound.items() if times == 1}
    return (
        {name: value for name, value in literals.items() if name in once and not name.startswith("__")},
        frozenset(functions & once),
    )


def _bound_by(node: ast.stmt) -> Iterable[str]:
    """What a statement of the module binds at the top."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
        return
    for below in ast.walk(node):
        if isinstance(below, ast.Name) and isinstance(below.ctx, (ast.Store, ast.Del)):
            yield below.id
        elif isinstance(below, ast.alias):
            yield (below.asname or below.name).partition(".")[0]
        elif isinstance(below, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield below.name


def _same(value: Any, literal: Any) -> bool:
    try:
        return type(value) is type(literal) and bool(value == literal)
    except Exception:
        return False


def _is_simple(value: Any, depth: int = 0) -> bool:
    kind = type(value)
    if value is None or kind in (bool, int, float, complex, str, bytes):
        return True
    if depth > 20:
        return False
    if kind in (list, tuple, set, frozenset):
        return all(_is_simple(item, depth + 1) for item in value)
    named = f"{kind.__module__.partition('.')[0]}.{kind.__name__}"
    if named in _PLAIN:
        return True
    if named in _NAMESPACES:
        return _is_simple(vars(value), depth + 1)
    if kind is dict:
        return all(_is_simple(k, depth + 1) and _is_simple(v, depth + 1) for k, v in value.items())
    return False


def _tell(module: ModuleType, name: str, what: str) -> None:
    import logging

    text = f"{module.__name__}.{name}"
    if text not in _told:
        _told.add(text)
        logging.getLogger("isthmus").warning(
            "The program has put %s into %s. Functions run in workers, which import the module anew and see its own; give "
            "them such values as arguments, or set them in open().",
            what,
            text,
        )
