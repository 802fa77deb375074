"""What a program may pass as a function, and how it travels."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any

from ..._program.graph import ProgramGraph
from ..._program.kinds import KINDS
from ..._program.typescript import TypeScriptFunction
from ...errors import GraphError

if TYPE_CHECKING:
    from ...common.typeinfo import TypeInformation
    from .data_stream import DataStream


def function_of(
    graph: ProgramGraph, func: Any, wanted: type | None, kind: str, name: str | None = None
) -> dict[str, dict[str, Any]]:
    """The functions of an operator that has one: an object of ``wanted``, one with its method, a callable, or ``ts(...)``.

    Args:
        graph: Where the operator goes.
        func: What the program gives.
        wanted: PyFlink's class of such functions; None where it has none.
        kind: That of the operator.
        name: What errors call the operator, where that is not its method.

    Raises:
        TypeError: It is none of them.
    """
    if isinstance(func, TypeScriptFunction):
        return {"function": func.reference()}
    (method,) = KINDS[kind].functions["function"].methods
    if not (callable(func) or hasattr(func, method) or (wanted is not None and isinstance(func, wanted))):
        if wanted is None:
            raise TypeError(
                f"{method} takes a function, or an object with a method {method}; it was given {func!r}."
            )
        raise TypeError(f"The input must be a {wanted.__name__} or a callable function")
    name = name or method
    called = getattr(func, method, func)
    if inspect.iscoroutinefunction(called):
        raise TypeError(
            f"{name} takes what its function returns, and {getattr(called, '__qualname__', called)} is a coroutine "
            "function, whose result is yet to come: call it from an AsyncFunction, by AsyncDataStream."
        )
    return {"function": graph.function(func, name)}


def instance_of(graph: ProgramGraph, func: Any, wanted: type, name: str) -> dict[str, dict[str, Any]]:
    """As ``function_of``, where only an object of ``wanted`` (or ``ts(...)``) will do."""
    if isinstance(func, TypeScriptFunction):
        return {"function": func.reference()}
    if not isinstance(func, wanted):
        raise TypeError(f"The input must be a {wanted.__name__}; it is a {type(func).__name__}.")
    return {"function": graph.function(func, name)}


def selector_of(graph: ProgramGraph, key_selector: Any) -> dict[str, Any]:
    """Reference of a key selector.

    Raises:
        TypeError: It is neither a KeySelector nor callable.
    """
    from ..functions import KeySelector

    if isinstance(key_selector, TypeScriptFunction):
        return key_selector.reference()
    if not isinstance(key_selector, KeySelector) and not callable(key_selector):
        raise TypeError("Parameter key_selector should be type of KeySelector or a callable function.")
    return graph.function(key_selector, "key selector")


def type_of(declared: Any) -> TypeInformation | None:
    """A declared type; a list of types means a row of them.

    Raises:
        TypeError: It is no type.
    """
    if declared is None:
        return None
    from ...common.typeinfo import TypeInformation, Types

    if isinstance(declared, list):
        return Types.ROW(declared)
    if not isinstance(declared, TypeInformation):
        raise TypeError(f"A type is one of Types, such as Types.INT(); it was given {declared!r}.")
    return declared


def require_one_key_type(left: Any, right: Any, who: str) -> None:
    """
    Raises:
        TypeError: The declared types of the keys differ, so that no two keys would ever be equal.
    """
    if left._key_type is not None and right._key_type is not None and left._key_type != right._key_type:
        raise TypeError(
            f"{who} keys of one type; the left one's is {left._key_type}, the right one's {right._key_type}. "
            "Convert one of them in its key selector, and declare the type it has then."
        )


#: As many key groups as there are.
MAX_PARALLELISM = 32768


def check_parallelism(parallelism: Any) -> int:
    if not isinstance(parallelism, int) or parallelism < 1:
        raise ValueError(f"The parallelism is {parallelism!r}; it must be a whole number of at least 1.")
    if parallelism > MAX_PARALLELISM:
        raise ValueError(
            f"The parallelism is {parallelism}; it must be a whole number from 1 to {MAX_PARALLELISM}."
        )
    return parallelism


def check_count(what: str, count: Any) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"The {what} is {count!r}; it must be a whole number of at least 1.")
    return count


#: No timer of the runtime waits longer.
LONGEST_MS = 2**31 - 1


def check_ms(what: str, ms: Any, least: int = 0) -> Any:
    if isinstance(ms, bool) or not isinstance(ms, (int, float)) or not least <= ms <= LONGEST_MS:
        raise ValueError(
            f"The {what} is {ms!r}; it must be a number of milliseconds from {least} to {LONGEST_MS}."
        )
    return ms


def check_max_parallelism(max_parallelism: Any) -> int:
    if not isinstance(max_parallelism, int) or not 0 < max_parallelism <= MAX_PARALLELISM:
        raise ValueError(
            f"The maximum parallelism is {max_parallelism!r}; it must be a whole number from 1 to {MAX_PARALLELISM}."
        )
    return max_parallelism


def check_text(what: str, text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"The {what} must be a str; it is {text!r}.")
    return text


def check_uid(uid: Any) -> str:
    if check_text("uid", uid) == "":
        raise ValueError("The uid is empty; leave it out, or give a name that is one among those of the job.")
    return str(uid)


def check_path(what: str, path: Any) -> str:
    if not isinstance(path, (str, os.PathLike)) or isinstance(found := os.fspath(path), bytes):
        raise TypeError(f"The {what} must be a path; it is {path!r}.")
    return found


def check_buffer_timeout(ms: Any) -> int:
    if isinstance(ms, bool) or not isinstance(ms, int) or ms < -1:
        raise ValueError(f"The buffer timeout is {ms!r} ms; it must be -1 (off), 0 or more milliseconds.")
    return ms


def check_stream(operator: str, stream: Any, environment: Any) -> None:
    """
    Raises:
        TypeError: It is no stream.
        GraphError: It is one of another environment.
    """
    from .data_stream import DataStream

    if not isinstance(stream, DataStream):
        raise TypeError(f"{operator} takes a DataStream; it was given {stream!r}.")
    check_environment(operator, stream, environment)


def check_environment(operator: str, stream: DataStream[Any], environment: Any) -> None:
    """
    Raises:
        GraphError: The stream is one of another environment, whose jobs are others.
    """
    if stream.get_execution_environment() is not environment:
        raise GraphError(
            f"{operator} was given a stream of another environment; build both from one environment."
        )


def check_instance(what: str, value: Any, wanted: type, way_out: str = "") -> None:
    """
    Raises:
        TypeError: It is none of ``wanted``.
    """
    if not isinstance(value, wanted):
        hint = f", {way_out}" if way_out else ""
        raise TypeError(f"The {what} must be a {wanted.__name__}{hint}; it was given {value!r}.")


def check_configuration(configuration: Any) -> None:
    """
    Raises:
        TypeError: It is no configuration.
    """
    from ...common.configuration import Configuration

    if configuration is not None:
        check_instance(
            "configuration",
            configuration,
            Configuration,
            "which Configuration.from_dict(...) makes of a dict",
        )


def check_limit(limit: Any) -> None:
    """
    Raises:
        ValueError: It is no number of results that can be asked for.
    """
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise ValueError(f"Limit must be greater than 0, and a whole number; it is {limit!r}.")


def is_own_source(source: Any) -> bool:
    """Whether something is an ``isthmus.connectors.Source``, or a class of such."""
    from ..._interfaces.source import Source

    return issubclass(source, Source) if isinstance(source, type) else isinstance(source, Source)


def is_generator_source(source: Any) -> bool:
    """Whether something is a source written in Python: a (async) generator function or a callable made one."""
    return (
        inspect.isgeneratorfunction(source)
        or inspect.isasyncgenfunction(source)
        or inspect.isfunction(source)
    )
