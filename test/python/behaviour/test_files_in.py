"""Files read by jobs: folders that change while several subtasks watch them, and texts of every Unicode encoding."""

from __future__ import annotations

import codecs
import gzip

import pytest
from isthmus import ts
from isthmus.common import Types
from isthmus.datastream.connectors.file_system import FileSource, StreamFormat
from isthmus.datastream.formats.csv import CsvReaderFormat, CsvSchema

WATCHING = """
import collections, os, random, threading
from isthmus import ts
from isthmus.datastream.connectors.file_system import FileSource, StreamFormat
from isthmus.datastream.formats.csv import CsvReaderFormat, CsvSchema

what, parallelism = sys.argv[1], int(sys.argv[2])
folder = os.path.abspath("in")
os.makedirs(folder + "/deep")
names = random.Random(parallelism).sample([f"f{i:02d}" for i in range(60)], 60)
spread = [("deep/" if i % 3 == 0 else "") + name for i, name in enumerate(names)]
# Dropped when all others have come, so that what comes twice is seen.
ends = [f"z{i}" for i in range(2 * parallelism)]
all_came = threading.Event()
begun = threading.Event()

def drop(name):
    with open(f"{folder}/.new", "w") as file:
        file.write(os.path.basename(name) + "\\n")
    os.rename(f"{folder}/.new", f"{folder}/{name}")

def drop_all():
    begun.wait()
    for name in spread:
        drop(name)
        if name[-1] in "0369":
            time.sleep(0.002)  # So that the files fall into many looks.
    all_came.wait(20)
    for name in ends:
        drop(name)

form = CsvReaderFormat.for_schema(CsvSchema.builder().add_string_column("line").build()) if what == "csv" \\
    else StreamFormat.text_line_format()
drop("begun")
source = FileSource.for_record_stream_format(form, folder).monitor_continuously(Duration.of_millis(3)).build()
env.set_parallelism(parallelism)
stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "watched")
if what == "typescript":
    stream = stream.map(ts("same.ts", "same"), Types.STRING())
threading.Thread(target=drop_all, daemon=True).start()
got, waiting = collections.Counter(), set(ends)
for line in stream.execute_and_collect():
    line = line if isinstance(line, str) else line[0]
    begun.set()
    got[line] += 1
    if len(got) == 1 + len(names):
        all_came.set()
    waiting.discard(line)
    if not waiting:
        break
print(sorted(set(names) - set(got)), [name for name in got if got[name] > 1])
"""


@pytest.mark.parametrize("parallelism", [2, 3])
@pytest.mark.parametrize("what", ["lines", "csv", "typescript"])
def test_a_file_that_appears_while_subtasks_watch_is_read_once(programs, what, parallelism):
    programs.write("same.ts", "export const same = (line: string) => line;\n")
    ended = programs.run(WATCHING, what, str(parallelism))
    assert ended.stdout == "[] []\n", ended.stderr


TEXT = "größe\r\n\u0a0a漢\r\n\r\n😀"
LINES = ["größe", "\u0a0a漢", "", "😀"]


def encoded(charset: str, mark: bytes) -> bytes:
    return mark + TEXT.encode(charset)


FILES = [
    ("UTF-16", encoded("utf-16-le", codecs.BOM_UTF16_LE)),
    ("UTF-16", encoded("utf-16-be", codecs.BOM_UTF16_BE)),
    ("UTF-16", encoded("utf-16-be", b"")),
    ("UTF-16LE", encoded("utf-16-le", b"")),
    ("UTF-16BE", encoded("utf-16-be", b"")),
    ("UTF-32", encoded("utf-32-le", codecs.BOM_UTF32_LE)),
    ("UTF-32BE", encoded("utf-32-be", b"")),
    ("utf-8", encoded("utf-8", b"")),
]


@pytest.mark.parametrize("host", ["python", "typescript"])
@pytest.mark.parametrize(("charset", "data"), FILES, ids=[f"{c}-{d[:2].hex()}" for c, d in FILES])
def test_lines_of_every_unicode_encoding(env1, tmp_path, host, charset, data):
    (tmp_path / "same.ts").write_text("export const same = (line: string) => line;\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(data)
    (tmp_path / "in" / "b.gz").write_bytes(gzip.compress(data))
    form = StreamFormat.text_line_format(charset)
    source = FileSource.for_record_stream_format(form, str(tmp_path / "in")).build()
    stream = env1.from_source(source)
    if host == "typescript":
        stream = stream.map(ts(tmp_path / "same.ts", "same"), Types.STRING())
    assert list(stream.execute_and_collect()) == LINES * 2
    assert list(env1.read_text_file(str(tmp_path / "in" / "a"), charset).execute_and_collect()) == LINES


@pytest.mark.parametrize(("charset", "text"), [("cp1252", "5 €"), ("latin-1", "5 \x80"), ("cp037", "five")])
def test_a_charset_that_typescript_does_not_know_is_read_before_it(env1, tmp_path, charset, text):
    (tmp_path / "same.ts").write_text("export const same = (line: string) => line;\n")
    (tmp_path / "a").write_bytes(f"{text}\n{text}".encode(charset))
    lines = env1.read_text_file(str(tmp_path / "a"), charset)
    passed = lines.map(ts(tmp_path / "same.ts", "same"), Types.STRING())
    assert list(passed.execute_and_collect()) == [text] * 2


MARKED = [
    encoded("utf-8", codecs.BOM_UTF8),
    *(encoded(f"utf-{bits}-{order}", b"") for bits in (16, 32) for order in ("le", "be")),
    encoded("utf-16-le", codecs.BOM_UTF16_LE),
    encoded("utf-16-be", codecs.BOM_UTF16_BE),
    encoded("utf-32-le", codecs.BOM_UTF32_LE),
    encoded("utf-32-be", codecs.BOM_UTF32_BE),
]


@pytest.mark.parametrize("data", MARKED, ids=[d[:4].hex() for d in MARKED])
def test_csv_is_read_in_the_unicode_encoding_that_it_is_in(env1, tmp_path, data):
    (tmp_path / "a.csv").write_bytes(data)
    schema = CsvSchema.builder().add_string_column("text").build()
    source = FileSource.for_record_stream_format(
        CsvReaderFormat.for_schema(schema), str(tmp_path / "a.csv")
    ).build()
    assert [row[0] for row in env1.from_source(source).execute_and_collect()] == LINES


def test_csv_that_is_no_unicode_is_an_error_that_names_the_file(env1, tmp_path):
    (tmp_path / "a.csv").write_bytes("größe\n".encode("latin-1"))
    schema = CsvSchema.builder().add_string_column("text").build()
    source = FileSource.for_record_stream_format(
        CsvReaderFormat.for_schema(schema), str(tmp_path / "a.csv")
    ).build()
    with pytest.raises(Exception, match=r"a\.csv is not utf-8 text: .*CSV is read in Unicode"):
        list(env1.from_source(source).execute_and_collect())
