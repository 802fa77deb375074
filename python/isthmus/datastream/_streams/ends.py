"""Where a stream ends: sinks, outputs and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ..._program.graph import Origin, Transformation
from .checks import check_limit, check_text, function_of
from .data_stream_sink import DataStreamSink

if TYPE_CHECKING:
    from ..._program.job_graph import HostLanguage
    from ..._program.typescript import TypeScriptFunction
    from ..connectors.base import Sink
    from ..functions import SinkFunction
    from .collected import CloseableIterator
    from .environment import StreamExecutionEnvironment

T = TypeVar("T")


class Ends(Generic[T]):
    """Mixed into streams."""

    _env: StreamExecutionEnvironment
    _origins: list[Origin]
    _type: Any

    def _inputs(self) -> list[Origin]:
        raise NotImplementedError

    def _sink(
        self,
        kind: str,
        name: str,
        params: dict[str, Any],
        fns: dict[str, dict[str, Any]] | None = None,
        language: HostLanguage | None = "any",
    ) -> DataStreamSink:
        # Said also where nothing is declared: a sink that runs in TypeScript then shows values as Python does.
        declared = self._type.to_spec() if self._type is not None else {"kind": "PICKLED_BYTE_ARRAY"}
        params = {**params, "type": declared}
        made = Transformation(
            kind, name, language=language, fns=fns, params=params, inputs=[(o, 0) for o in self._inputs()]
        )
        return DataStreamSink(self._env.graph.add(made))

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Prints every record to the program's stdout."""
        params = {}
        if sink_identifier is not None:
            params["identifier"] = check_text("sink identifier", sink_identifier)
        return self._sink("sink.print", "Print to Std. Out", params)

    def sink_to(self, sink: Any) -> DataStreamSink:
        """Sends every record to a sink: a ``FileSink``, an ``isthmus.connectors.Sink`` of your own or a class of such, or
        ``ts(...)`` of one.
        """
        from ..._interfaces.sink import Sink as OwnSink
        from ..._program.typescript import TypeScriptFunction
        from ..connectors.base import Sink

        if isinstance(sink, TypeScriptFunction):
            return self._sink("sink", "Sink", {}, {"connector": sink.reference()}, None)
        if isinstance(sink, OwnSink) or (isinstance(sink, type) and issubclass(sink, OwnSink)):
            fns = {"connector": self._env.graph.function(sink, "sink")}
            return self._sink("sink", "Sink", {}, fns, None)
        if not isinstance(sink, Sink):
            raise TypeError(f"Parameter sink should be a Sink; it is a {type(sink).__name__}.")
        kind, name, params, fns = sink.to_operator(self._env.graph)
        # Only Python writes rows as CSV, and other charsets than UTF-8.
        plain = "rowFormat" not in params and params.get("charset", "utf-8").lower() in ("utf-8", "utf8")
        language: HostLanguage = "any" if plain else "python"
        return self._sink(kind, name, params, fns, language)

    def add_sink(
        self, sink_func: Sink | SinkFunction | Callable[[T], Any] | TypeScriptFunction[T, Any]
    ) -> DataStreamSink:
        """Calls a Python function (or ``ts(...)``) with every record."""
        from ..._interfaces.sink import Sink as OwnSink
        from ..connectors.base import Sink
        from ..functions import SinkFunction

        if isinstance(sink_func, (Sink, OwnSink)):
            return self.sink_to(sink_func)
        fns = function_of(self._env.graph, sink_func, SinkFunction, "sink.function", "sink")
        return self._sink("sink.function", "Sink", {}, fns, None)

    def to_output(self, name: str) -> DataStreamSink:
        """A named output: iterated by TypeScript that loaded this pipeline, printed when it runs alone."""
        from ..._program.recording import recording

        check_text("name of an output", name)
        if recording():
            return self._in_order(self._sink("sink.output", name, {"name": name}))
        return self._sink("sink.print", name, {})

    def _in_order(self, sink: DataStreamSink) -> DataStreamSink:
        """The sink, as parallel as what it reads, so that no exchange mixes up the order."""
        if len(self._origins) == 1:
            sink._operator().parallelism = self._origins[0].transformation.parallelism
        return sink

    @overload
    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: None = None
    ) -> CloseableIterator[T]: ...

    @overload
    def execute_and_collect(self, job_execution_name: str | None = None, *, limit: int) -> list[T]: ...

    @overload
    def execute_and_collect(self, job_execution_name: str | None, limit: int) -> list[T]: ...

    def execute_and_collect(self, job_execution_name: str | None = None, limit: int | None = None) -> Any:
        """Run the program; iterate the records of this stream.

        Returns:
            An iterator to be closed (a context manager); with ``limit`` a list of at most so many records.

        Raises:
            ValueError: The limit is not above 0.
        """
        from ..._text.collected import collected
        from .collected import CloseableIterator

        check_limit(limit)
        self._in_order(self._sink("sink.collect", "Collect", {}))
        convert = None if self._type is None else collected(self._type.to_spec())
        results: CloseableIterator[T] = CloseableIterator(self._env._submit(job_execution_name), convert)
        if limit is None:
            return results
        with results:
            taken = []
            for record in results:
                taken.append(record)
                if len(taken) >= limit:
                    break
            return taken
