"""Counts words as they come: ``python examples/word-count/word_count.py [file…]``."""

import sys

from isthmus.common import WatermarkStrategy
from isthmus.datastream import StreamExecutionEnvironment
from isthmus.datastream.connectors.file_system import FileSource, StreamFormat

POEM = ["the sea the sky", "the sea is wide", "and wide the sky"]

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
if len(sys.argv) > 1:
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), *sys.argv[1:]).build()
    lines = env.from_source(source, WatermarkStrategy.no_watermarks(), "files")
else:
    lines = env.from_collection(POEM)
(
    lines.flat_map(lambda line: line.lower().split())
    .map(lambda word: (word, 1))
    .key_by(lambda pair: pair[0])
    .reduce(lambda a, b: (a[0], a[1] + b[1]))
    .map(lambda pair: f"{pair[0]} {pair[1]}")
    .print()
)
env.execute("word count")
