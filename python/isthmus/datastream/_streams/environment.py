"""Where programs begin: sources, execution."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ..._program.graph import Origin, ProgramGraph, Transformation, user_location
from ..._program.kinds import KINDS
from ..._program.typescript import TypeScriptFunction
from ..._pyflink.lazy import no_java
from ...common.configuration import Configuration
from ...errors import GraphError
from .checks import (
    check_instance,
    check_text,
    is_generator_source,
    is_own_source,
    type_of,
)
from .data_stream import DataStream
from .environment_settings import EnvironmentSettings

if TYPE_CHECKING:
    from ..._driver.calls import CalledFunction
    from ..._program.job_graph import HostLanguage, PythonEnvironmentSpec, SubmittedGraph
    from ...common.jobs import JobClient, JobExecutionResult
    from ...common.typeinfo import TypeInformation
    from ...common.watermark_strategy import WatermarkStrategy

T = TypeVar("T")
DEFAULT_JOB_NAME = "Flink Streaming Job"


class StreamExecutionEnvironment(EnvironmentSettings):
    """Makes sources and runs jobs; any number, one after another or at once."""

    if not TYPE_CHECKING:
        __getattr__ = no_java

    def __init__(self, configuration: Configuration | None = None) -> None:
        super().__init__(configuration)
        self.graph = ProgramGraph()
        self._called: list[CalledFunction] = []

    @staticmethod
    def get_execution_environment(configuration: Configuration | None = None) -> StreamExecutionEnvironment:
        """A new environment; the runtime starts in the background while the program goes on."""
        from ..._code.imports import importing
        from ..._program.recording import recording

        if not recording() and not importing():
            from ..._driver.session import session

            session()
        return StreamExecutionEnvironment(configuration)

    # Sources.

    def _source(
        self,
        kind: str,
        name: str,
        fns: dict[str, dict[str, Any]],
        params: dict[str, Any],
        output_type: Any,
        non_parallel: bool,
        language: HostLanguage | None = None,
    ) -> DataStream[Any]:
        made = Transformation(
            kind,
            name,
            language=language,
            fns=fns,
            params=params,
            output_type=output_type,
            non_parallel=non_parallel,
        )
        # As in Flink a source alone is no program: it runs when something reads it.
        return DataStream(self, [Origin(made)], output_type)

    def from_collection(
        self, collection: Iterable[T], type_info: TypeInformation | None = None
    ) -> DataStream[T]:
        """The elements of an iterable.

        Args:
            collection: Any finite iterable.
            type_info: Declared type: elements are converted to it here and now.
        """
        if not isinstance(collection, Iterable):
            raise TypeError(f"from_collection takes an iterable; it was given {collection!r}.")
        records = list(collection)
        declared = type_of(type_info)
        if declared is not None:
            from ..._types.coerce import collection_converter

            convert = collection_converter(declared.to_spec())
            records = [convert(record) for record in records]
        fns = {"elements": self.graph.function(records, "Collection Source")}
        return self._source("source.collection", "Collection Source", fns, {}, declared, True)

    def from_source(
        self,
        source: Any,
        watermark_strategy: WatermarkStrategy | None = None,
        source_name: str | None = None,
        type_info: TypeInformation | None = None,
    ) -> DataStream[Any]:
        """A source: one of the connectors', one of your own (``isthmus.connectors.Source``, or a class of such), a generator (or
        async generator) function of the program's, or ``ts(...)`` of either.

        A generator runs on a thread of its own and may wait; it has parallelism 1 unless it takes a context
        (``ctx.subtask``, ``ctx.parallelism``, ``ctx.is_stopping``). So does ``ts(...)``, unless ``set_parallelism`` says more.
        """
        from ..._interfaces.source import Source as OwnSource
        from ..connectors.base import Source

        if isinstance(source, type) and issubclass(source, OwnSource):
            source = source()

        if watermark_strategy is not None:
            from ...common.watermark_strategy import WatermarkStrategy

            check_instance(
                "watermark strategy",
                watermark_strategy,
                WatermarkStrategy,
                "such as WatermarkStrategy.no_watermarks()",
            )
        declared = type_of(type_info)
        if isinstance(source, Source):
            kind, name, params, fns, language, produced = source.to_operator(self.graph)
            stream = self._source(
                kind, source_name or name, fns, params, declared or produced, False, language
            )
        elif isinstance(source, OwnSource):
            name = source_name or type(source).__name__
            fns = {"connector": self.graph.function(source, name)}
            stream = self._source("source", name, fns, {"bounded": source.bounded}, declared, False)
        elif is_generator_source(source):
            import inspect

            name = source_name or source.__name__
            fns = {"function": self.graph.function(source, name)}
            alone = not inspect.signature(source).parameters
            stream = self._source("source.function", name, fns, {}, declared, alone)
        elif isinstance(source, TypeScriptFunction):
            name = source_name or source.name
            fns = {"function": source.reference()}
            stream = self._source("source.function", name, fns, {}, declared, False)
            stream.set_parallelism(1)
        else:
            raise GraphError(
                f"from_source takes a Source or a generator function; it was given a {type(source).__name__}. "
                f"For a collection there is from_collection."
            )
        if watermark_strategy is not None:
            operation = watermark_strategy.operation
            if operation.generator != "none" or operation.assigner is not None:
                # To the program they are one operator, as in PyFlink.
                stamped = stream._stamped(watermark_strategy, per_split=True)
                stamped._operator().follow(stream._operator())
                return stamped
        return stream

    def from_input(
        self, name: str, default: Any = None, type_info: TypeInformation | None = None
    ) -> DataStream[Any]:
        """A named input: fed by TypeScript that loads this pipeline, or the default when the program runs alone.

        Args:
            name: The name TypeScript feeds it by.
            default: A path, or several, of files: those of JSON lines (``.jsonl``, ``.ndjson``) give a value for each
                line, as TypeScript would feed it, all others lines of text. Or a generator function, a ``Source`` of your
                own, or an iterable.
            type_info: Declared type.
        """
        from ..._program.recording import recording

        check_text("name of an input", name)
        usable = (str, os.PathLike, Iterable, TypeScriptFunction)
        makes_source = is_generator_source(default) or is_own_source(default)
        if default is not None and not isinstance(default, usable) and not makes_source:
            raise TypeError(
                f"The default of the input {name!r} must be a path, paths, a generator function, a Source or an iterable; "
                f"it is {default!r}."
            )
        paths = _paths(default)
        if recording():
            params: dict[str, Any] = {"name": name}
            if paths is not None:
                params |= {"default": paths, "jsonLines": True}
            # Where it is not fed, the runner of the pipeline makes it a source of this function.
            if isinstance(default, TypeScriptFunction):
                fns = {"function": default.reference()}
            elif default is None or paths is not None:
                fns = {}
            else:
                fns = {"function": self.graph.function(default, name)}
            language: HostLanguage | None = None if fns else "typescript"
            return self._source("source.input", name, fns, params, type_of(type_info), True, language)
        if paths is not None:
            return self._source(
                "source.lines",
                name,
                {},
                {"paths": paths, "jsonLines": True},
                type_of(type_info),
                False,
                "any",
            )
        if default is None:
            raise GraphError(
                f'The input "{name}" has no default, so this program cannot run alone: from_input({name!r}, default=...).'
            )
        if makes_source or isinstance(default, TypeScriptFunction):
            return self.from_source(default, None, name, type_info)
        return self.from_collection(default, type_info).name(name)

    def read_text_file(self, file_path: str, charset_name: str = "UTF-8") -> DataStream[str]:
        """The lines of a text file, or of all files in a folder."""
        from ...common._charsets import known_charset
        from ...common.typeinfo import Types
        from ..connectors.base import reader_of

        charset = known_charset(charset_name)
        params = {"paths": [check_text("path of a file", file_path)], "encoding": charset}
        return self._source(
            "source.lines", "Custom File Source", {}, params, Types.STRING(), False, reader_of(charset)
        )

    def add_source(
        self, source_func: Any, source_name: str = "Custom Source", type_info: Any = None
    ) -> DataStream[Any]:
        """A source of old Flink; here a generator function or a Source will do."""
        return self.from_source(source_func, None, source_name, type_info)

    def create_input(self, input_format: Any, type_info: Any = None) -> NoReturn:
        """Not here: it wraps a Java class."""
        from ...errors import UnsupportedError

        raise UnsupportedError("create_input exists in PyFlink, but Isthmus does not have it (yet).")

    # Execution.

    def get_execution_plan(self) -> str:
        """The plan as Flink's JSON."""
        import json

        from ..._program.plan import execution_plan

        graph, _ = self._build(None)
        self.graph.fresh[:0] = self._last_fresh
        return json.dumps(execution_plan(graph))

    def _build(self, job_name: str | None) -> tuple[SubmittedGraph, list[bytes]]:
        if not self.graph.fresh:
            raise GraphError("No operators defined in streaming topology. Cannot execute.")
        taken = self._last_fresh = list(self.graph.fresh)
        python: PythonEnvironmentSpec = {"mainBundles": [], "sysPath": list(self._added_paths)}
        if self._archives:
            python["archives"] = list(self._archives)
        try:
            if job_name is not None:
                check_text("name of a job", job_name)
            return self.graph.build(
                taken,
                parallelism=self.get_parallelism(),
                config=self._configuration.to_dict(),
                python=python,
                name=job_name,
            )
        finally:
            self.graph.clear(taken)

    def _submit(self, job_name: str | None) -> Any:
        from ..._code.imports import importing
        from ..._program.recording import record_graph, recording

        if importing() and not recording():
            at = user_location() or {"file": "a module", "line": 0}
            raise GraphError(
                f"{at['file']}, line {at['line']}, runs a job while it is imported. It is imported for the functions of a "
                "job that runs, whose workers would start this job again and again. Put what runs jobs under: "
                'if __name__ == "__main__":'
            )
        graph, blobs = self._build(job_name)
        if recording():
            record_graph(graph, blobs)
        from ..._driver.session import session

        name = graph.get("name") or graph["config"].get("pipeline.name") or DEFAULT_JOB_NAME
        return session().submit(graph, blobs, name)

    def execute(self, job_name: str | None = None) -> JobExecutionResult:
        """Run the program up to its end.

        Raises:
            GraphError: Nothing is to be run, or the program is wrong; nothing has started.
            UserFunctionError: A function raised; the text has the traceback, the record and the operator.
            WorkerError: A worker died.
        """
        from ...common.jobs import run_to_the_end

        self._hint_at_missing_sink()
        return run_to_the_end(self._submit(job_name))

    def execute_async(self, job_name: str | None = None) -> JobClient:
        """Start the program; the client tells its end."""
        from ...common.jobs import JobClient

        return JobClient(self._submit(job_name))

    def _hint_at_missing_sink(self) -> None:
        fresh = self.graph.fresh
        if fresh and not any(KINDS[t.kind].is_sink for t in fresh):
            name = fresh[-1].name
            print(
                f'isthmus: the result of "{name}" goes nowhere; add .print(), .sink_to(...) or .execute_and_collect().',
                file=sys.stderr,
            )

    # Calls.

    def call(
        self,
        function: TypeScriptFunction[Any, Any],
        *,
        timeout: float | None = 60.0,
        max_calls: int = 10_000,
    ) -> CalledFunction:
        """A TypeScript function as a function of this program, for services: ``score = env.call(ts("./score.ts", "score"))``.

        ``score(review)`` waits for what it gives, ``await score.aio(review)`` lets an event loop go on. Any thread may call. Of a
        class, with a method ``call`` and maybe ``open`` and ``close``, there is one instance.

        Args:
            function: What ``ts(...)`` gives. It is loaded now.
            timeout: Seconds that a call may take; None: as long as it takes.
            max_calls: Calls that may be under way; one more raises ``CallError``.

        Returns:
            What is called; its ``close``, or a ``with``, ends it.
        """
        from ..._code.imports import importing
        from ..._program.recording import recording

        if not isinstance(function, TypeScriptFunction):
            raise TypeError(
                f'env.call() makes a TypeScript function callable: env.call(ts("./score.ts", "score")); it was given {function!r}.'
            )
        if timeout is not None and not (isinstance(timeout, (int, float)) and timeout > 0):
            raise ValueError(f"timeout is {timeout!r}; it must be a number of seconds above 0, or None.")
        if not isinstance(max_calls, int) or max_calls < 1:
            raise ValueError(f"max_calls is {max_calls!r}; it must be a whole number of at least 1.")
        if recording() or importing():
            raise GraphError(
                'env.call() is for the program itself: put it under: if __name__ == "__main__". In functions of a job '
                "use ts(...) in the stream, and in TypeScript call the function as it is."
            )
        from ..._driver.calls import CalledFunction

        called = CalledFunction(function, timeout, max_calls)
        self._called = [one for one in self._called if not one.closed] + [called]
        return called

    def close(self) -> None:
        """Ends what ``call`` has made; the runtime ends with the program."""
        called, self._called = self._called, []
        for one in called:
            one.close()


def _paths(default: Any) -> list[str] | None:
    if isinstance(default, (str, os.PathLike)):
        return [os.path.abspath(os.fspath(default))]
    if (
        isinstance(default, (list, tuple))
        and default
        and all(isinstance(p, (str, os.PathLike)) for p in default)
    ):
        return [os.path.abspath(os.fspath(p)) for p in default]
    return None
