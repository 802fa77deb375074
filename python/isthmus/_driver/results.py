"""Records of ``execute_and_collect`` on their way to the program."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator
from typing import Any

from .job import JobHandle

_NOTHING: Iterator[Any] = iter(())


class Results:
    """Iterates the results of a job as they come; left early, by whatever way, the job is cancelled.

    ``close`` may be called from any thread, also while another one waits for a record: its iteration then ends.
    """

    def __init__(self, job: JobHandle, convert: Callable[[Any], Any] | None) -> None:
        self._job = job
        self._convert = convert
        self._records = _NOTHING
        self._closed = False

    def __next__(self) -> Any:
        while True:
            for record in self._records:
                return record if self._convert is None else self._convert(record)
            if not self._next_batch():
                raise StopIteration("No more data.")

    def _next_batch(self) -> bool:
        job = self._job
        while not self._closed:
            batch = job.take_batch()
            if batch is not None:
                # Closed meanwhile, it stays empty.
                self._records = _NOTHING if self._closed else iter(_decoded(*batch))
                return True
            if job.done and not job.batches:
                self._closed = True
                job.wait()  # Raises what it failed with.
                break
            job.attend(lambda: bool(job.batches) or job.done or self._closed)
        return False

    def stop(self) -> None:
        """End the job in order: its sources end, and the iteration goes on to the last result of what they have given."""
        self._job.stop()

    def close(self) -> None:
        """End the iteration, and the job where it still runs."""
        self._closed = True
        self._records = _NOTHING
        self._job.give_up()
        self._job.wake()
        self._job.leave("its results are not read any more")

    def __del__(self) -> None:
        # Whatever thread this is, and whatever it was doing. Who has begun to read, and left, asks for no end.
        if self._records is not _NOTHING:
            self._job.give_up()
        if not self._closed and not sys.is_finalizing():
            self._job.cancel_aside("its results are not read any more")


def _decoded(flags: int, count: int, body: Any) -> list[Any]:
    if flags & 1:
        body = body[8 * count :]
    if flags & 4:
        payload = pickle.loads(body)
        return payload[1] if flags & 2 else payload  # type: ignore[no-any-return]
    from .._bridge.codec import decode_batch

    return decode_batch(body, bool(flags & 2))[0]
