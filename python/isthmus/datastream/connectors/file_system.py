"""Files and folders, in and out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn

from ..._program.graph import ProgramGraph
from ..._pyflink.lazy import absent_names
from ...common._charsets import known_charset
from ...common.serialization import Encoder
from ...common.time import Duration
from ...common.typeinfo import Types
from .base import Refs, Sink, Source, check_path, reader_of

if TYPE_CHECKING:
    from ..._program.job_graph import HostLanguage

__all__ = [
    "BucketAssigner",
    "FileEnumeratorProvider",
    "FileSink",
    "FileSource",
    "FileSourceBuilder",
    "FileSplitAssignerProvider",
    "OutputFileConfig",
    "RollingPolicy",
    "StreamFormat",
    "StreamingFileSink",
]


class StreamFormat:
    """How a file is read."""

    def __init__(self, charset: str) -> None:
        self.charset = charset

    @staticmethod
    def text_line_format(charset_name: str = "UTF-8") -> StreamFormat:
        """One record a line, without the line break."""
        return StreamFormat(known_charset(charset_name))


class FileEnumeratorProvider:
    """Accepted: folders are searched recursively, hidden files left out."""

    @staticmethod
    def default_splittable_file_enumerator() -> FileEnumeratorProvider:
        """Accepted."""
        return FileEnumeratorProvider()

    default_non_splittable_file_enumerator = default_splittable_file_enumerator


class FileSplitAssignerProvider:
    """Accepted: files in folders are dealt out over the subtasks by a hash of their paths."""

    @staticmethod
    def locality_aware_split_assigner() -> FileSplitAssignerProvider:
        """Accepted."""
        return FileSplitAssignerProvider()


class FileSource(Source):
    """Reads files; made by ``for_record_stream_format``."""

    def __init__(self, stream_format: Any, paths: list[str], monitor_ms: int | None) -> None:
        self._format, self._paths, self._monitor_ms = stream_format, paths, monitor_ms

    @staticmethod
    def for_record_stream_format(stream_format: Any, *paths: str) -> FileSourceBuilder:
        """Args:
        stream_format: ``StreamFormat.text_line_format()`` or a ``CsvReaderFormat``.
        paths: Files and folders.
        """
        return FileSourceBuilder(stream_format, paths)

    @staticmethod
    def for_bulk_file_format(bulk_format: Any, *paths: str) -> NoReturn:
        """Not here."""
        from ...errors import UnsupportedError

        raise UnsupportedError(
            "FileSource.for_bulk_file_format exists in PyFlink, but Isthmus does not have it (yet): "
            "it reads lines of text and CSV, by for_record_stream_format."
        )

    def to_operator(
        self, graph: ProgramGraph
    ) -> tuple[str, str, dict[str, Any], Refs, HostLanguage | None, Any]:
        params: dict[str, Any] = {"paths": self._paths}
        if self._monitor_ms is not None:
            params["monitorMs"] = self._monitor_ms
        if isinstance(self._format, StreamFormat):
            params["encoding"] = self._format.charset
            return (
                "source.lines",
                "File Source",
                params,
                {},
                reader_of(self._format.charset),
                Types.STRING(),
            )
        params["rowFormat"] = self._format.row_format()
        return "source.csv", "CSV Source", params, {}, None, self._format.type_info()


class FileSourceBuilder:
    """Makes a ``FileSource`` step by step."""

    def __init__(self, stream_format: Any, paths: tuple[str, ...]) -> None:
        if not hasattr(stream_format, "charset") and not hasattr(stream_format, "row_format"):
            raise TypeError(
                f"A file source needs a StreamFormat or a CsvReaderFormat; it was given {stream_format!r}."
            )
        if not paths:
            raise ValueError("paths must not be empty: name the files or folders to read.")
        for path in paths:
            check_path(path)
        self._format = stream_format
        self._paths = [
            os.path.abspath(p) if "://" not in p and not p.startswith("file:") else p
            for p in map(os.fspath, paths)
        ]
        self._monitor_ms: int | None = None

    def monitor_continuously(self, discovery_interval: Duration) -> FileSourceBuilder:
        """Look for new files again and again; the source then never ends."""
        from .._streams.checks import check_ms

        self._monitor_ms = check_ms("interval to look for new files", discovery_interval.to_millis(), 1)
        return self

    def process_static_file_set(self) -> FileSourceBuilder:
        """Read the files that are there, and end."""
        self._monitor_ms = None
        return self

    def set_file_enumerator(self, file_enumerator: FileEnumeratorProvider) -> FileSourceBuilder:
        """Accepted."""
        return self

    def set_split_assigner(self, split_assigner: FileSplitAssignerProvider) -> FileSourceBuilder:
        """Accepted."""
        return self

    def build(self) -> FileSource:
        """The source."""
        return FileSource(self._format, self._paths, self._monitor_ms)


class BucketAssigner:
    """Which folder a record goes to."""

    def __init__(self, bucket: str, date_format: str | None = None, time_zone: str | None = None) -> None:
        self.bucket, self.date_format, self.time_zone = bucket, date_format, time_zone

    @staticmethod
    def base_path_bucket_assigner() -> BucketAssigner:
        """All into the base folder."""
        return BucketAssigner("base-path")

    @staticmethod
    def date_time_bucket_assigner(
        format_str: str = "yyyy-MM-dd--HH", timezone_id: str | None = None
    ) -> BucketAssigner:
        """Folders by the time of writing, in Java's date notation.

        Args:
            format_str: A pattern of Java's letters; text between quotes is taken as it is.
            timezone_id: A time zone such as ``Europe/Berlin``; that of the machine by default.
        """
        if timezone_id is not None:
            _check_time_zone(timezone_id)
        return BucketAssigner("date-hour", _strftime(format_str), timezone_id)


_LETTERS = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def _strftime(java: str) -> str:
    import re

    def ours(found: re.Match[str]) -> str:
        if found[2] is not None:
            return found[2]
        if found[0] not in _LETTERS:
            raise ValueError(
                f"The bucket pattern {java} has the letters {found[0]}; known: {', '.join(_LETTERS)}."
            )
        return _LETTERS[found[0]]

    return re.sub(r"([A-Za-z])\1*|'([^']*)'", ours, java)


def _check_time_zone(name: str) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError, TypeError):
        raise ValueError(f"There is no time zone {name!r}; name one such as Europe/Berlin.") from None


class RollingPolicy:
    """When a file is closed and the next one begun."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options

    @staticmethod
    def default_rolling_policy(
        part_size: int = 1024 * 1024 * 128,
        rollover_interval: int = 60 * 1000,
        inactivity_interval: int = 60 * 1000,
    ) -> RollingPolicy:
        """By size (bytes), age and time without a record (ms)."""
        return RollingPolicy(
            {
                "maxPartBytes": part_size,
                "rolloverIntervalMs": rollover_interval,
                "inactivityMs": inactivity_interval,
            }
        )

    @staticmethod
    def on_checkpoint_rolling_policy() -> RollingPolicy:
        """With every checkpoint, and at the end."""
        return RollingPolicy(
            {
                "onCheckpoint": True,
                "maxPartBytes": 1 << 62,
                "rolloverIntervalMs": 1 << 50,
                "inactivityMs": 1 << 50,
            }
        )


class OutputFileConfig:
    """Names of files: prefix and suffix."""

    def __init__(self, part_prefix: str = "part", part_suffix: str = "") -> None:
        self.part_prefix, self.part_suffix = part_prefix, part_suffix

    def get_part_prefix(self) -> str:
        """What names of files begin with."""
        return self.part_prefix

    def get_part_suffix(self) -> str:
        """What names of files end with."""
        return self.part_suffix

    @staticmethod
    def builder() -> OutputFileConfig.OutputFileConfigBuilder:
        """Makes one step by step."""
        return OutputFileConfig.OutputFileConfigBuilder()

    class OutputFileConfigBuilder:
        """Makes an ``OutputFileConfig`` step by step."""

        def __init__(self) -> None:
            self._prefix, self._suffix = "part", ""

        def with_part_prefix(self, prefix: str) -> OutputFileConfig.OutputFileConfigBuilder:
            """What names of files begin with; ``part`` unless said."""
            self._prefix = prefix
            return self

        def with_part_suffix(self, suffix: str) -> OutputFileConfig.OutputFileConfigBuilder:
            """What names of files end with; nothing unless said."""
            self._suffix = suffix
            return self

        def build(self) -> OutputFileConfig:
            """The configuration."""
            return OutputFileConfig(self._prefix, self._suffix)


class FileSink(Sink):
    """Writes records as lines to files in folders; made by ``for_row_format``."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params

    @staticmethod
    def for_row_format(base_path: str, encoder: Encoder) -> RowFormatBuilder:
        """Files of lines, which ``encoder`` makes of the records."""
        return RowFormatBuilder(base_path, encoder)

    @staticmethod
    def for_bulk_format(base_path: str, writer_factory: Any) -> RowFormatBuilder:
        """Files in a format that is not by rows; CSV is written row by row all the same."""
        if not hasattr(writer_factory, "row_format"):
            from ...errors import UnsupportedError

            raise UnsupportedError(
                f"FileSink.for_bulk_format with {type(writer_factory).__name__} exists in PyFlink, "
                f"but Isthmus does not have it (yet)."
            )
        return RowFormatBuilder(base_path, Encoder("UTF-8"), writer_factory.row_format())

    def to_operator(self, graph: ProgramGraph) -> tuple[str, str, dict[str, Any], Refs]:
        return "sink.file", "File Sink", dict(self._params), {}


class RowFormatBuilder:
    def __init__(self, base_path: str, encoder: Encoder, row_format: dict[str, Any] | None = None) -> None:
        check_path(base_path)
        if not isinstance(encoder, Encoder):
            raise TypeError(
                f"A file sink needs an Encoder, such as Encoder.simple_string_encoder(); it was given {encoder!r}."
            )
        path = os.fspath(base_path).removeprefix("file://")
        self._params: dict[str, Any] = {"path": os.path.abspath(path), "charset": encoder.charset}
        if row_format is not None:
            self._params["rowFormat"] = row_format

    def with_bucket_check_interval(self, interval: int) -> RowFormatBuilder:
        return self

    def with_bucket_assigner(self, bucket_assigner: BucketAssigner) -> RowFormatBuilder:
        self._params["bucket"] = bucket_assigner.bucket
        if bucket_assigner.date_format:
            self._params["dateFormat"] = bucket_assigner.date_format
        if bucket_assigner.time_zone:
            self._params["timeZone"] = bucket_assigner.time_zone
        return self

    def with_rolling_policy(self, rolling_policy: RollingPolicy) -> RowFormatBuilder:
        self._params["rolling"] = rolling_policy.options
        return self

    def with_output_file_config(self, output_file_config: OutputFileConfig) -> RowFormatBuilder:
        self._params["prefix"] = output_file_config.part_prefix
        self._params["suffix"] = output_file_config.part_suffix
        return self

    def enable_compact(self, *args: Any) -> RowFormatBuilder:
        return self

    disable_compact = enable_compact

    def build(self) -> FileSink:
        return FileSink(self._params)


class StreamingFileSink(FileSink):
    """Flink 1.x's name of the same."""

    DefaultRowFormatBuilder = RowFormatBuilder
    DefaultBulkFormatBuilder = RowFormatBuilder


if not TYPE_CHECKING:
    __getattr__ = absent_names(__name__)
