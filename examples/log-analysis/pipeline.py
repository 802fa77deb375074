"""Access logs in, a report out: parsed in Python, enriched in TypeScript, counted in Python.

python examples/log-analysis/pipeline.py access.log other-logs/ [--json] [--parallelism 2]
zcat access.log.gz | python examples/log-analysis/pipeline.py -
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from isthmus import ts
from isthmus.common import Types, WatermarkStrategy
from isthmus.datastream import OutputTag, ProcessFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from isthmus.datastream.connectors.file_system import FileSource, StreamFormat

#: host ident user [time] "request" status bytes "referrer" "user agent"
COMBINED = re.compile(
    r'(?P<host>\S+) \S+ \S+ \[(?P<hour>[^:\]]+:\d\d)[^\]]*\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d{3}) (?P<size>\d+|-)(?: "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
MALFORMED = OutputTag("malformed", Types.PICKLED_BYTE_ARRAY())
SAMPLES = 3
#: Every byte is a character of it, so that no byte of a log, which anyone on the net may choose, can end the job.
ANY_BYTES = "ISO-8859-1"


def text_of(line: str) -> str:
    """A line as its text: UTF-8 where it is, else what its bytes are in ISO-8859-1."""
    if line.isascii():
        return line
    try:
        return line.encode(ANY_BYTES).decode("utf-8")
    except UnicodeDecodeError:
        return line


class ParseLine(ProcessFunction):
    """A line becomes a dict; what is no log line goes to a side output with its text."""

    def process_element(self, line: str, ctx: ProcessFunction.Context) -> Iterator[Any]:
        line = text_of(line)
        found = COMBINED.match(line)
        if found is None:
            yield MALFORMED, ("malformed", "lines", 1, 0, 0, (line[:120],))
            return
        request = found["request"].split(" ")
        path = request[1] if len(request) >= 2 else found["request"] or "-"
        yield {
            "hour": found["hour"],
            "path": path.partition("?")[0],
            "status": int(found["status"]),
            "bytes": 0 if found["size"] == "-" else int(found["size"]),
            "agent": found["agent"] or "",
        }


def facets(hit: dict[str, Any]) -> Iterator[tuple[str, str, int, int, int, tuple[str, ...]]]:
    """One count per way of looking at a request: (facet, key, requests, bytes, errors, samples)."""
    error = 1 if hit["status"] >= 400 else 0
    for facet in ("status", "path", "hour", "section", "client"):
        yield facet, str(hit[facet]), 1, hit["bytes"], error, ()


def add(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
    return a[0], a[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], (a[5] + b[5])[:SAMPLES]


def analyse(paths: list[str], parallelism: int) -> dict[str, list[tuple[Any, ...]]]:
    """Run the job; returns the rows of each facet, the most requested first."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    # One row per key at the end, not one per request.
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(ANY_BYTES), *paths).build()
    parsed = (
        env.from_source(source, WatermarkStrategy.no_watermarks(), "access logs")
        .process(ParseLine())
        .name("parse")
    )
    counted = (
        parsed.map(ts("./classify.ts", "classify"))
        .name("classify")
        .flat_map(facets)
        .union(parsed.get_side_output(MALFORMED))
        .key_by(lambda row: (row[0], row[1]))
        .reduce(add)
        .name("count")
    )
    report: dict[str, list[tuple[Any, ...]]] = {}
    with counted.execute_and_collect("log analysis") as rows:
        for row in rows:
            report.setdefault(row[0], []).append(row)
    for facet_rows in report.values():
        facet_rows.sort(key=lambda row: (-row[2], row[1]))
    return report


def print_table(report: dict[str, list[tuple[Any, ...]]], top: int) -> None:
    total = sum(row[2] for row in report.get("status", []))
    print(f"{total:,} requests in {len(report.get('hour', [])):,} hours")
    for facet in ("status", "section", "client", "path", "hour"):
        rows = report.get(facet, [])
        shown = rows if facet == "status" else rows[:top]
        print(f"\n{facet:<42}{'requests':>10}{'bytes':>16}{'errors':>8}")
        for _, key, requests, size, errors, _ in shown:
            print(f"{key[:41]:<42}{requests:>10,}{size:>16,}{errors:>8,}")
        if len(rows) > len(shown):
            print(f"… and {len(rows) - len(shown):,} more")
    for _, _, lines, _, _, samples in report.get("malformed", []):
        print(f"\n{lines:,} malformed lines, among them:")
        for sample in samples:
            print(f"  {sample}")


def print_json_lines(report: dict[str, list[tuple[Any, ...]]]) -> None:
    for facet, rows in report.items():
        for _, key, requests, size, errors, samples in rows:
            line = {"facet": facet, "key": key, "requests": requests, "bytes": size, "errors": errors}
            if samples:
                line["samples"] = samples
            print(json.dumps(line, ensure_ascii=False))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", help="log files or folders; - for standard input")
    parser.add_argument("--json", action="store_true", help="JSON lines instead of tables")
    parser.add_argument("--parallelism", type=int, default=1)
    parser.add_argument("--top", type=int, default=10, help="rows of a long table")
    options = parser.parse_args()
    for path in options.paths:
        if path != "-" and not Path(path).exists():
            parser.error(f"there is no file or folder {path}")
    with tempfile.TemporaryDirectory() as folder:
        paths = options.paths
        if "-" in paths:
            # The runtime reads files itself, so what is piped in becomes one.
            piped = Path(folder, "stdin.log")
            with piped.open("wb") as file:
                while block := sys.stdin.buffer.read(1 << 20):
                    file.write(block)
            paths = [str(piped) if path == "-" else path for path in paths]
        report = analyse(paths, options.parallelism)
    if options.json:
        print_json_lines(report)
    else:
        print_table(report, options.top)


if __name__ == "__main__":
    main()
