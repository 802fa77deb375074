"""A log file → parse → (status, 1) → key_by → running count. Runs on Isthmus and on PyFlink."""

import re
import sys

from pyflink.common import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSource, StreamFormat

LINE = re.compile(r'(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*" (\d{3}) (\d+|-)')


def parse(line: str):
    found = LINE.match(line)
    if found:
        yield found[5], 1


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), sys.argv[1]).build()
lines = env.from_source(source, WatermarkStrategy.no_watermarks(), "log")
lines.flat_map(parse).key_by(lambda pair: pair[0]).reduce(lambda a, b: (a[0], a[1] + b[1]))
env.execute("log lines")
