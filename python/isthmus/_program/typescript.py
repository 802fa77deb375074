"""TypeScript functions in Python pipelines."""

from __future__ import annotations

import difflib
import os
import re
import sys
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..errors import GraphError

__all__ = ["TypeScriptFunction", "ts"]

IN = TypeVar("IN")
OUT = TypeVar("OUT")


class TypeScriptFunction(Generic[IN, OUT]):
    """A function that a TypeScript module exports; made by ``ts``, fits wherever a Python function fits."""

    def __init__(self, path: str, name: str, args: list[Any] | None) -> None:
        self.path, self.name, self.args = path, name, args

    def reference(self) -> dict[str, Any]:
        ref: dict[str, Any] = {
            "language": "typescript",
            "form": "module",
            "url": Path(self.path).as_uri(),
            "name": self.name,
        }
        if self.args is not None:
            ref["args"] = self.args
        return ref

    def __reduce__(self) -> Any:
        # It would travel inside of a Python function, or of an operator whose functions are Python.
        raise GraphError(
            f"Python cannot call {self!r}: it was given to something that calls only functions of Python. Give it to an "
            "operator of its own, as in stream.map(ts(...)), before or behind this one."
        )

    def __repr__(self) -> str:
        return f"ts({self.path!r}, {self.name!r})"


def ts(
    path: str | os.PathLike[str], name: str = "default", args: list[Any] | None = None
) -> TypeScriptFunction[Any, Any]:
    """A TypeScript (or JavaScript) function, to be used like a Python one: ``stream.map(ts("./enrich.ts", "enrich"))``.

    Args:
        path: The module; a relative path is relative to the file that calls this.
        name: The export: a function, or a class with the method that is needed.
        args: Arguments of the class's constructor; values that JSON can carry.

    Raises:
        GraphError: There is no such file, or its text shows no such export.
    """
    if not isinstance(path, (str, os.PathLike)) or not isinstance(name, str):
        raise TypeError(
            f"ts() takes the path of a module and the name of what it exports; it was given {path!r} and {name!r}."
        )
    text = os.fspath(path)
    if not os.path.isabs(text):
        caller = sys._getframe(1).f_code.co_filename
        base = os.path.dirname(os.path.abspath(caller)) if os.path.exists(caller) else os.getcwd()
        text = os.path.join(base, text)
    text = os.path.normpath(text)
    if not os.path.isfile(text):
        folder, base_name = os.path.split(text)
        near = difflib.get_close_matches(base_name, os.listdir(folder), 1) if os.path.isdir(folder) else []
        hint = f" Did you mean {near[0]}?" if near else ""
        raise GraphError(f"There is no TypeScript file {text}.{hint}")
    with open(text, encoding="utf-8") as file:
        exports = set(
            re.findall(
                r"export\s+(?:async\s+)?(?:function\*?|class|const|let|var)\s+([A-Za-z_$][\w$]*)",
                source := file.read(),
            )
        )
    for group in re.findall(r"export\s*\{([^}]*)\}", source):
        exports |= {part.split(" as ")[-1].strip() for part in group.split(",") if part.strip()}
    if re.search(r"export\s+default\b", source):
        exports.add("default")
    # `export *` and module.exports hide names from a look at the text; the runtime will say.
    if exports and name not in exports and not re.search(r"export\s*\*|module\.exports", source):
        near = difflib.get_close_matches(name, exports, 1)
        hint = f" Did you mean {near[0]!r}?" if near else f" It exports {', '.join(sorted(exports))}."
        raise GraphError(f"{text} does not export {name!r}.{hint}")
    return TypeScriptFunction(text, name, args)
