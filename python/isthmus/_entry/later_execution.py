"""Whether a program that was ended at its first ``execute`` would have run another job: a look at its text.

The traceback says where each frame of the program stood. What the text shows to be reached from there on counts:
statements below, and a loop around it that nothing leaves; no other branch, no handler of an error, no definition that is
merely there.
"""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType, TracebackType

_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_Loop = (ast.For, ast.AsyncFor, ast.While)


def later_execution(path: str, reached: BaseException) -> int | None:
    """The line in ``path`` that runs a job after the one at which ``reached`` was raised; None where there is none."""
    frames = list(_frames(reached.__traceback__))
    with open(path, "rb") as file:
        tree = ast.parse(file.read(), path)
    file_name = os.path.abspath(path)
    for (frame, line), following in zip(frames, [*frames[1:], None]):
        if os.path.abspath(frame.f_code.co_filename) != file_name:
            continue
        # A call of the same function, further down, runs a job as this one did.
        called = None if following is None else following[0].f_code.co_name
        for node in _after(_body_of(frame.f_code, tree), line):
            for call in _calls(node):
                if _runs_job(call, called, frame, tree):
                    return call.lineno
    return None


def _frames(tb: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while tb is not None:
        yield tb.tb_frame, tb.tb_lineno
        tb = tb.tb_next


def _body_of(code: CodeType, tree: ast.Module) -> list[ast.stmt]:
    if code.co_name == "<module>":
        return tree.body
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and node.name == code.co_name
            # The first line of a decorated function is that of its first decorator.
            and code.co_firstlineno in (node.lineno, *(one.lineno for one in node.decorator_list))
        ):
            return node.body
    return []


def _after(statements: Iterable[ast.stmt], line: int) -> Iterator[ast.AST]:
    """What of these statements, of which one holds ``line``, is reached from there on."""
    for statement in statements:
        if statement.lineno > line:
            yield statement
        elif (statement.end_lineno or statement.lineno) >= line:
            yield from _after_within(statement, line)


def _after_within(statement: ast.stmt, line: int) -> Iterator[ast.AST]:
    if isinstance(statement, _Loop):
        yield from _after(statement.body, line)
        if not any(isinstance(node, (ast.Break, ast.Return)) for node in _within(statement)):
            yield from statement.body
    elif isinstance(statement, ast.Try):
        yield from _after(next((block for block in _blocks(statement) if _holds(block, line)), []), line)
        if _holds(statement.body, line):
            yield from statement.orelse
        yield from statement.finalbody
    else:
        for block in _blocks(statement):
            if _holds(block, line):
                yield from _after(block, line)


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """Its blocks of statements: of a condition each branch, of a match each case."""
    parts: list[ast.AST] = [
        statement,
        *getattr(statement, "handlers", ()),
        *getattr(statement, "cases", ()),
    ]
    return [
        block
        for part in parts
        for name in ("body", "orelse", "finalbody")
        if isinstance(block := getattr(part, name, None), list) and block
    ]


def _holds(block: list[ast.stmt], line: int) -> bool:
    return bool(block) and block[0].lineno <= line <= (block[-1].end_lineno or block[-1].lineno)


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what it is made of; definitions, which run nothing by themselves, left out."""
    if isinstance(node, _Definition):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _within(child)


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (part for part in _within(node) if isinstance(part, ast.Call))


def _runs_job(call: ast.Call, called: str | None, frame: FrameType, tree: ast.Module) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id == called
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr == "execute_and_collect":
        return True
    if call.func.attr in ("execute", "execute_async"):
        # Cursors of databases, too, have an execute.
        return _is_environment(call.func.value, frame, tree)
    return call.func.attr == called


def _is_environment(receiver: ast.expr, frame: FrameType, tree: ast.Module) -> bool:
    from ..datastream import StreamExecutionEnvironment

    known, value = _value_of(receiver, frame)
    if known:
        return isinstance(value, StreamExecutionEnvironment)
    if isinstance(receiver, ast.Call):
        return "get_execution_environment" in ast.unparse(receiver)
    # Bound further down.
    text = ast.unparse(receiver)
    return any(
        isinstance(node, ast.Assign)
        and "get_execution_environment" in ast.unparse(node.value)
        and any(ast.unparse(target) == text for target in node.targets)
        for node in ast.walk(tree)
    )


def _value_of(expression: ast.expr, frame: FrameType) -> tuple[bool, object]:
    """Whether a name, or an attribute of one, has a value yet, and the value."""
    if isinstance(expression, ast.Name):
        for names in (frame.f_locals, frame.f_globals):
            if expression.id in names:
                return True, names[expression.id]
    elif isinstance(expression, ast.Attribute):
        known, value = _value_of(expression.value, frame)
        if known:
            # No property of the program is to run for this.
            missing = object()
            found = inspect.getattr_static(value, expression.attr, missing)
            return found is not missing, found
    return False, None


__all__ = ["later_execution"]
