"""Whether the program is recorded rather than run: its first ``execute`` then ends it, and leaves its job graph here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .job_graph import SubmittedGraph


_recording = False
_recorded: tuple[SubmittedGraph, list[bytes]] | None = None


class PipelineRecorded(BaseException):
    """Ends the script once its graph is known; no Exception, so that a program does not catch it by accident."""


def recording() -> bool:
    """Whether programs are being recorded: named inputs and outputs then stay what they are."""
    return _recording


def record_graph(graph: SubmittedGraph, blobs: list[bytes]) -> None:
    """Called by ``execute`` under recording; does not return."""
    global _recorded
    _recorded = (graph, blobs)
    raise PipelineRecorded


def begin() -> None:
    global _recording, _recorded
    _recording, _recorded = True, None


def end() -> None:
    global _recording
    _recording = False


def recorded() -> tuple[SubmittedGraph, list[bytes]] | None:
    """Graph and blobs of the job that ended the program."""
    return _recorded
