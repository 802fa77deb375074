"""What a vectorised function says its batches are, by the annotation of its parameter.

Read in the program and, for functions that TypeScript names, in the worker. The annotation may be a text, of names that only a
type checker imports; the parameter may be that of ``__call__``, of a method, of a function that is decorated or partly applied.

- Nothing declared is a list. What is declared decides; where it cannot be read, or is no form of batch, that is an error.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import linecache
import types
import typing
from collections.abc import Iterator
from typing import Any

from ..errors import GraphError

FORMATS = ("list", "numpy", "arrow", "pandas", "polars")

#: By the path that a program names a type by.
_BY_PATH = {
    "numpy.ndarray": "numpy",
    "numpy.typing.NDArray": "numpy",
    "numpy.typing.ArrayLike": "numpy",
    "pyarrow.Table": "arrow",
    "pandas.DataFrame": "pandas",
    "polars.DataFrame": "polars",
    "list": "list",
    "typing.List": "list",
    "typing.Sequence": "list",
    "collections.abc.Sequence": "list",
    "typing.Any": "list",
}
#: By the package and the name of a class.
_BY_CLASS = {
    ("numpy", "ndarray"): "numpy",
    ("pyarrow", "Table"): "arrow",
    ("pandas", "DataFrame"): "pandas",
    ("polars", "DataFrame"): "polars",
}


class _Unread(Exception):
    """An annotation that cannot be read, or is no form of batch."""


def declared_format(function: Any, method: str) -> str:
    """The format of the batches of a function, or of an object with the method.

    Raises:
        GraphError: An annotation is there and does not say it.
    """
    target = getattr(function, method, function)
    parameter = _first_parameter(target)
    if parameter is None or parameter.annotation is parameter.empty:
        return "list"
    declared = parameter.annotation
    try:
        formats = set(_Reader(_function_of(target)).formats(declared))
    except _Unread as e:
        raise GraphError(f"{_described(target, parameter)} {e} {_WAY_OUT}") from e
    if "list" in formats or not formats:
        return "list"
    if len(formats) > 1:
        several = " or ".join(sorted(formats))
        raise GraphError(f"{_described(target, parameter)} may be {several}. {_WAY_OUT}")
    return formats.pop()


def is_told_by_text(annotation: str, tree: ast.Module) -> bool:
    """Whether the source of a module says what an annotation of it means, so that nothing must be imported."""
    reader = _Reader(None, evaluates=False)
    reader.imported_by(tree)
    try:
        return len(set(reader.formats(annotation))) == 1
    except _Unread:
        return False


_WAY_OUT = "Say the format of its batches where the function is used: list, numpy, arrow, pandas or polars."


def _described(target: Any, parameter: inspect.Parameter) -> str:
    name = getattr(_function_of(target) or target, "__qualname__", type(target).__name__)
    declared = getattr(parameter.annotation, "__forward_arg__", parameter.annotation)
    text = declared if isinstance(declared, str) else inspect.formatannotation(declared)
    return f"The parameter {parameter.name!r} of {name} is declared as {text}, which"


def _first_parameter(target: Any) -> inspect.Parameter | None:
    more: dict[str, Any] = {}
    try:
        from annotationlib import Format  # type: ignore[import-not-found]  # From Python 3.14 on.
    except ImportError:
        pass
    else:
        more["annotation_format"] = Format.FORWARDREF
    try:
        parameters = inspect.signature(target, **more).parameters.values()
    except (TypeError, ValueError):  # Of C.
        return None
    by_position = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    )
    return next((p for p in parameters if p.kind in by_position), None)


def _function_of(target: Any) -> types.FunctionType | None:
    """The function whose annotations those of a callable are."""
    for _ in range(100):
        if isinstance(target, types.FunctionType) and not hasattr(target, "__wrapped__"):
            return target
        if isinstance(target, functools.partial):
            target = target.func
        elif hasattr(target, "__wrapped__"):
            target = target.__wrapped__
        elif isinstance(target, types.MethodType):
            target = target.__func__
        else:
            target = getattr(type(target), "__call__", None)  # noqa: B004
    return None


class _Reader:
    """Reads annotations by the names that the module of a function knows."""

    def __init__(self, function: types.FunctionType | None, evaluates: bool = True) -> None:
        self._evaluates = evaluates
        self._globals: dict[str, Any] = {} if function is None else dict(function.__globals__)
        self._file = "" if function is None else function.__code__.co_filename
        self._imports: dict[str, tuple[str, str]] | None = None
        if function is not None and function.__closure__ is not None:
            for name, cell in zip(function.__code__.co_freevars, function.__closure__):
                try:
                    self._globals[name] = cell.cell_contents
                except ValueError:  # Not bound yet.
                    continue

    def formats(self, declared: Any) -> Iterator[str]:
        """The formats that a type may mean, one for each of a union."""
        if isinstance(declared, str):
            yield from self._of_text(declared)
        elif hasattr(declared, "__forward_arg__"):
            yield from self._of_text(declared.__forward_arg__)
        elif isinstance(declared, typing.TypeVar):
            some = declared.__constraints__ or ((declared.__bound__,) if declared.__bound__ else (list,))
            yield from self._of_each(some)
        elif hasattr(declared, "__supertype__"):  # typing.NewType
            yield from self.formats(declared.__supertype__)
        elif type(declared).__name__ == "TypeAliasType":
            yield from self.formats(declared.__value__)
        elif _is_array_like(declared):
            yield "numpy"
        else:
            origin = typing.get_origin(declared)
            if origin is typing.Union or origin is types.UnionType:
                yield from self._of_each(typing.get_args(declared))
            elif origin is typing.Annotated:
                yield from self.formats(typing.get_args(declared)[0])
            elif type(origin).__name__ == "TypeAliasType":
                yield from self.formats(origin.__value__)
            else:
                yield from _of_class(declared if origin is None else origin)

    def _of_each(self, members: Any) -> Iterator[str]:
        """Of a union: what one member does not say another may."""
        said: list[str] = []
        problem: _Unread | None = None
        for member in members:
            try:
                said += self._of_node(member) if isinstance(member, ast.AST) else self.formats(member)
            except _Unread as e:
                problem = e
        if problem is not None and not said:
            raise problem
        yield from said

    def _of_text(self, text: str) -> Iterator[str]:
        try:
            yield from self._of_node(ast.parse(text.strip(), mode="eval").body)
        except SyntaxError as e:
            raise _Unread(f"is no expression ({e.msg}).") from e

    def _of_node(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from self._of_text(node.value)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            yield from self._of_each((node.left, node.right))
        elif isinstance(node, ast.Subscript):
            head = self._path_of(node.value)
            members = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            last = head.rpartition(".")[2] if head else ""
            if last == "Annotated":
                yield from self._of_node(members[0])
            elif last in ("Optional", "Union"):
                yield from self._of_each(members)
            else:
                # What is within says nothing: a list is one, whatever it is of.
                yield from self._of_node(node.value)
        elif (path := self._path_of(node)) in _BY_PATH:
            yield _BY_PATH[path]
        else:
            yield from self.formats(self._value_of(node))

    def _path_of(self, node: ast.AST) -> str:
        """``pandas.DataFrame`` of ``pd.DataFrame``, by what the module imports; nothing of what is no name."""
        if isinstance(node, ast.Attribute):
            return f"{self._path_of(node.value)}.{node.attr}"
        if not isinstance(node, ast.Name):
            return ""
        if node.id in self._globals:
            value = self._globals[node.id]
            return value.__name__ if isinstance(value, types.ModuleType) else node.id
        module, name = self._imported().get(node.id, ("", node.id))
        return ".".join(part for part in (module, name) if part)

    def _value_of(self, node: ast.AST) -> Any:
        if not self._evaluates:
            raise _Unread("is to be evaluated.")
        code = compile(ast.Expression(node), "<annotation>", "eval")  # type: ignore[arg-type]
        for _ in range(100):
            try:
                return eval(code, self._globals)
            except NameError as e:
                self._import(e)
            except Exception as e:
                raise _Unread(f"cannot be read ({type(e).__name__}: {e}).") from e
        raise _Unread("cannot be read.")

    def _import(self, error: NameError) -> None:
        """Import a name that only a type checker, or another function, imports."""
        wanted = error.name or ""
        found = self._imported().get(wanted)
        if found is None or not self._evaluates:
            raise _Unread(f"cannot be read ({error}).") from error
        module, name = found
        try:
            made = importlib.import_module(module, self._globals.get("__package__"))
            self._globals[wanted] = getattr(made, name) if name else made
        except (ImportError, AttributeError) as e:
            raise _Unread(f"cannot be read ({e}).") from e

    def _imported(self) -> dict[str, tuple[str, str]]:
        """Names that the source imports anywhere: of which module, and which name of it."""
        if self._imports is None:
            self._imports = {}
            try:
                tree = ast.parse("".join(linecache.getlines(self._file, self._globals)))
            except SyntaxError:
                return self._imports
            self.imported_by(tree)
        return self._imports

    def imported_by(self, tree: ast.Module) -> None:
        """Note what a module imports."""
        imports = self._imports = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    module = alias.name if alias.asname else alias.name.partition(".")[0]
                    imports[alias.asname or module] = (module, "")
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    module = "." * node.level + (node.module or "")
                    imports[alias.asname or alias.name] = (module, alias.name)


def _is_array_like(declared: Any) -> bool:
    import sys

    numpy_typing = sys.modules.get("numpy.typing")
    return numpy_typing is not None and declared == numpy_typing.ArrayLike


def _of_class(declared: Any) -> Iterator[str]:
    if declared is None or declared is type(None):
        return
    if declared is Any:
        yield "list"
        return
    if not isinstance(declared, type):
        raise _Unread("is no type.")
    for cls in declared.__mro__:
        known = _BY_CLASS.get((cls.__module__.partition(".")[0], cls.__name__))
        if known is not None:
            yield known
            return
    try:
        like_a_list = issubclass(list, declared) or issubclass(declared, (list, tuple))
    except TypeError:  # A protocol, which nobody can look at.
        like_a_list = True
    if not like_a_list:
        raise _Unread(
            "is no batch: one is a list, numpy.ndarray, pyarrow.Table, pandas.DataFrame or polars.DataFrame."
        )
    yield "list"
