"""Calls the window function with a window's contents; sets key and timestamp of what it emits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from ...._interfaces.functions.context import KeyedStateStore
from ...._interfaces.functions.windowed import ProcessWindowFunction
from ...._interfaces.operations import WindowOperation
from ...._interfaces.window.assigner import MergingWindowAssigner
from ...._values.failure import clip, safe_repr
from ...._values.keep import as_it_is, keeper
from ...._values.raised import ANYTHING
from ...runtime.opening import opened
from ...runtime.operator import OperatorContext
from ...runtime.runtime_context import runtime_context
from ...state.asked import asked
from ...state.backend import NamespaceCursor
from ...state.key_identity import thaw
from .contents import Contents

#: Elements of a window whose function failed that are shown.
_SHOWN_ELEMENTS = 3
_MAX_ELEMENT_CHARS = 200


class WindowContext(ProcessWindowFunction.Context[Any]):
    """What process() is told of the window."""

    def __init__(self, ctx: OperatorContext, merging: bool) -> None:
        self._ctx = ctx
        self._window: Any = None
        self._state: Any = _NoWindowState() if merging else None

    def window(self) -> Any:
        return self._window

    def current_processing_time(self) -> int:
        return self._ctx.clock.now_ms()

    def current_watermark(self) -> int:
        return self._ctx.watermark

    def window_state(self) -> Any:
        if self._state is None:
            self._state = PerWindowState(self._ctx)
        self._state.window = self._window
        return self._state

    def global_state(self) -> Any:
        return runtime_context(self._ctx)


class PerWindowState(KeyedStateStore):
    """State of a key and a window."""

    def __init__(self, ctx: OperatorContext) -> None:
        self._backend = runtime_context(ctx).backend
        self._at = NamespaceCursor(ctx.cursor)

    @property
    def window(self) -> Any:
        return self._at.namespace

    @window.setter
    def window(self, window: Any) -> None:
        self._at.namespace = window

    def get_state(self, state_descriptor: Any) -> Any:
        return self._backend.state("value", asked("value", state_descriptor), self._at)

    def get_list_state(self, state_descriptor: Any) -> Any:
        return self._backend.state("list", asked("list", state_descriptor), self._at)

    def get_map_state(self, state_descriptor: Any) -> Any:
        return self._backend.state("map", asked("map", state_descriptor), self._at)

    def get_reducing_state(self, state_descriptor: Any) -> Any:
        return self._backend.state("reducing", asked("reducing", state_descriptor), self._at)

    def get_aggregating_state(self, state_descriptor: Any) -> Any:
        return self._backend.state("aggregating", asked("aggregating", state_descriptor), self._at)


class _NoWindowState(KeyedStateStore):
    window: Any = None

    def _refuse(self, state_descriptor: Any) -> NoReturn:
        raise Exception(
            "Per-window state is not allowed when using merging windows. Use context.global_state() for "
            "state of the key."
        )

    get_state = get_list_state = get_map_state = get_reducing_state = get_aggregating_state = _refuse


class Emission:
    """Turns a window's contents into results.

    ``emit(key, window, contents, timestamp)`` returns an iterable of records, or None; ``clear(key, window)`` ends the
                window.
    """

    def __init__(self, operation: WindowOperation, contents: Contents, ctx: OperatorContext) -> None:
        self._ctx = ctx
        self._all_windows = operation.all_windows
        self._cursor = ctx.cursor
        self._result = contents.result
        #: What the function calls an element of what is kept.
        self.element: Callable[[Any], Any] = as_it_is
        self.context = WindowContext(ctx, isinstance(operation.assigner, MergingWindowAssigner))
        self._clear: Callable[[Any], None] | None = None
        function = operation.function if contents.is_list else operation.window_function
        self._is_list = contents.is_list
        self.passes_through = function is None
        # What passes through the last operator of a chain is copied by the outputs, where need be.
        own, self._own_all = keeper(ctx)
        self.own = as_it_is if self.passes_through and ctx.last else own
        self._call: Callable[[Any, Any, list[Any]], Iterable[Any] | None] | None = None
        if function is None:
            return
        all_windows = operation.all_windows
        if callable(getattr(function, "process", None)):
            process, close = opened(function, ctx, "process")
            context = self.context
            contents.functions.append(process)
            if _overrides_clear(function):
                self._clear = function.clear
                contents.functions.append(self._clear)
            if all_windows:
                self._call = lambda key, window, elements: process(context, elements)
            else:
                self._call = lambda key, window, elements: process(key, context, elements)
        else:
            apply, close = opened(function, ctx, "apply")
            contents.functions.append(apply)
            if all_windows:
                self._call = lambda key, window, elements: apply(window, elements)
            else:
                self._call = apply
        contents.closers.append(close)

    @property
    def clears(self) -> bool:
        """Whether the function wants to be told of the end of windows."""
        return self._clear is not None

    def emit(
        self, key: Any, window: Any, contents: Any, timestamp: int, lives_on: bool = False
    ) -> Iterable[Any] | None:
        """The results for a window of a key, with the cursor set; None where there is nothing to emit.

        ``lives_on``: the contents, or records of them, are needed again. Functions may change what they are given, and so
        are given copies.

        ``timestamp`` is that of what fired the window, its timer or a record, and becomes that of the results:
        the end of a count window or of a global one is no time a next window could use.
        """
        cursor = self._cursor
        cursor.key = key
        cursor.timestamp = timestamp
        if self._is_list:
            if not contents:
                return None
            elements = contents
            if lives_on:
                elements = []
                self._own_all(iter(contents), elements, len(contents))
        else:
            result = self._result(contents)
            if result is None:
                return None
            if lives_on:
                result = self.own(result)
            if self._call is None:
                return (result,)
            elements = [result]
        self.context._window = window
        assert self._call is not None
        try:
            results = self._call(thaw(key), window, elements)
        except ANYTHING:
            self._failed(window, elements)
            raise
        if results is None:
            return ()
        # A list, as most give, is known sooner by its type than by an abstract class.
        if type(results) is list or not isinstance(results, Iterator):
            return results
        return self._watched(results, window, elements)

    def _watched(self, results: Iterator[Any], window: Any, elements: list[Any]) -> Iterator[Any]:
        try:
            yield from results
        except ANYTHING:
            self._failed(window, elements)
            raise

    def _failed(self, window: Any, elements: list[Any]) -> None:
        first = [
            clip(safe_repr(self.element(kept)), _MAX_ELEMENT_CHARS) for kept in elements[:_SHOWN_ELEMENTS]
        ]
        more = len(elements) - len(first)
        self._ctx.failed_window = {
            "window": safe_repr(window),
            "elements": ", ".join(first) + (f", … {more} more" if more > 0 else ""),
        }
        if self._all_windows:
            self._ctx.failed_window["key"] = None  # It is none of the program's.

    def clear(self, key: Any, window: Any) -> None:
        """The window of a key is over."""
        if self._clear is not None:
            self._cursor.key = key
            self.context._window = window
            self._clear(self.context)


def _overrides_clear(function: Any) -> bool:
    for cls in type(function).__mro__:
        if "clear" in vars(cls):
            return not cls.__module__.startswith("isthmus._interfaces.")
    return False
