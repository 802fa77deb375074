"""Jobs that have been submitted, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..errors import IsthmusError, UnsupportedError

__all__ = ["CompletableFuture", "JobClient", "JobEvent", "JobExecutionResult", "JobID", "JobStatus"]


class JobID:
    """32 hexadecimal digits."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobID) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"JobID({self._text})"


class JobStatus(Enum):
    """Where a job is in its life."""

    CREATED = 0
    RUNNING = 1
    FAILING = 2
    FAILED = 3
    CANCELLING = 4
    CANCELED = 5
    FINISHED = 6
    RESTARTING = 7
    SUSPENDED = 8
    RECONCILING = 9
    INITIALIZING = 10

    def is_globally_terminal_state(self) -> bool:
        """Whether the job has ended for good."""
        return self in (JobStatus.FAILED, JobStatus.CANCELED, JobStatus.FINISHED)

    def is_terminal_state(self) -> bool:
        """Whether the job runs no more."""
        return self.is_globally_terminal_state() or self is JobStatus.SUSPENDED


class JobExecutionResult:
    """A job that has finished."""

    def __init__(
        self, job_id: str, runtime_ms: int, metrics: list[dict[str, Any]], restarts: int = 0
    ) -> None:
        self._job_id, self._runtime_ms = JobID(job_id), runtime_ms
        #: Records in and out by operator, over all attempts.
        self.metrics = metrics
        #: How often the job was started again after a failure.
        self.restarts = restarts

    def get_job_id(self) -> JobID:
        """The id of the job."""
        return self._job_id

    def get_net_runtime(self) -> int:
        """Milliseconds."""
        return self._runtime_ms

    def is_job_execution_result(self) -> bool:
        """Always True."""
        return True

    def get_accumulator_result(self, accumulator_name: str) -> Any:
        """Always None: Python functions cannot add accumulators."""
        return None

    def get_all_accumulator_results(self) -> dict[str, Any]:
        """Always empty: Python functions cannot add accumulators."""
        return {}

    def __str__(self) -> str:
        return (
            f"Program execution finished\nJob with JobID {self._job_id} has finished.\n"
            f"Job Runtime: {self._runtime_ms} ms\n"
        )


@dataclass(frozen=True)
class JobEvent:
    """Something that has happened to a job.

    Attributes:
        kind: What it is: ``status``, ``attempt-started``, ``worker-died``, ``restart``, ``metrics`` …
        at: When, in milliseconds since the epoch.
        attempt: In which attempt, from 0.
        fields: What else is said, by the names of ``docs/events.md``; ``event["pid"]`` is one of them.
    """

    kind: str
    at: int
    attempt: int
    fields: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


class CompletableFuture:
    """A result that comes later."""

    def __init__(self, wait: Callable[[], Any], done: Callable[[], bool], cancel: Callable[[], Any]) -> None:
        self._wait, self._done, self._cancel = wait, done, cancel
        self._cancelled = False

    def result(self) -> Any:
        """Wait for the result; raises what the job failed with."""
        return self._wait()

    def done(self) -> bool:
        """Whether the result is there, or nothing more will come."""
        return self._done()

    def cancel(self) -> bool:
        """Cancel what it waits for."""
        self._cancelled = not self._done()
        self._cancel()
        return self._cancelled

    def cancelled(self) -> bool:
        """Whether ``cancel`` was called in time."""
        return self._cancelled

    def exception(self) -> BaseException | None:
        """Wait for the end; what the job failed with, or None."""
        try:
            self._wait()
        except IsthmusError as e:
            return e
        return None


class JobClient:
    """A job that runs."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def get_job_id(self) -> JobID:
        """The id of the job."""
        return JobID(self._handle.job_id)

    def get_job_status(self) -> CompletableFuture:
        """Where the job is in its life."""
        return CompletableFuture(lambda: JobStatus[self._handle.status()], lambda: True, lambda: None)

    def cancel(self) -> CompletableFuture:
        """End the job; its result is a ``JobCancelledError``. Resolves when everything has ended."""
        self._handle.cancel()
        return CompletableFuture(self._ended, lambda: self._handle.done, lambda: None)

    def stop(self) -> CompletableFuture:
        """End the job in order: its sources end, what they have given is worked off, sinks finish their files.

        The job then is FINISHED, as if its input had come to an end there. A future, done when the job is; its result is
        that of the job. PyFlink's ``stop_with_savepoint`` without the savepoint.
        """
        self._handle.stop()
        return CompletableFuture(
            lambda: execution_result(self._handle), lambda: self._handle.done, self._handle.cancel
        )

    def events(self) -> Iterator[JobEvent]:
        """What happens to the job: attempts, workers, subtasks, failures, restarts, counts (``docs/events.md``).

        Each call gives an iterator of its own that begins with the job and ends with it. Nobody waits for who reads: of what
        is not read in time the oldest is dropped, and an event of the kind ``events-dropped`` says how many.
        """
        read = self._handle.events.read(self._handle.wait_until)
        return (
            JobEvent(**{name: event.pop(name) for name in ("kind", "at", "attempt")}, fields=event)
            for event in map(dict, read)
        )

    def _ended(self) -> None:
        try:
            self._handle.wait()
        except IsthmusError:  # Cancelled, or failed before it could be: it has ended either way.
            return

    def get_job_execution_result(self) -> CompletableFuture:
        """The result when the job has finished; raises what it failed with."""
        return CompletableFuture(
            lambda: execution_result(self._handle), lambda: self._handle.done, self._handle.cancel
        )

    def get_accumulators(self) -> CompletableFuture:
        """Always empty: Python functions cannot add accumulators."""
        return CompletableFuture(dict, lambda: True, lambda: None)

    def stop_with_savepoint(self, *args: Any, **kwargs: Any) -> CompletableFuture:
        """Not here yet: ``stop()`` ends a job in order."""
        raise UnsupportedError("Savepoints exist in PyFlink, but Isthmus does not have them yet.")

    trigger_savepoint = stop_with_savepoint


def execution_result(handle: Any) -> JobExecutionResult:
    """Wait for a job of the driver; raises what it failed with."""
    return _result_of(handle, handle.wait())


def run_to_the_end(handle: Any) -> JobExecutionResult:
    """As ``execution_result``; whatever exception ends the wait ends the job, too."""
    return _result_of(handle, handle.run())


def _result_of(handle: Any, outcome: dict[str, Any]) -> JobExecutionResult:
    return JobExecutionResult(
        handle.job_id, outcome.get("runtimeMs", 0), outcome.get("metrics", []), outcome.get("restarts", 0)
    )
