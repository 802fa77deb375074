"""Files by row: folders named by the clock of a time zone, charsets; whatever language what is before the sink is of."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from isthmus import ts
from isthmus.common import Encoder, Types
from isthmus.datastream.connectors.file_system import BucketAssigner, FileSink

IDENTITY = "export const same = (value: string) => value;\n"


@pytest.mark.parametrize("language", ["python", "typescript"])
def test_folders_are_named_by_the_clock_of_their_time_zone(env, tmp_path, language):
    zone = "Pacific/Kiritimati"  # Another day than nearly everywhere.
    pattern = "yy-MM-dd'T'HH"
    (tmp_path / "same.ts").write_text(IDENTITY)
    function = str if language == "python" else ts(tmp_path / "same.ts", "same")
    assigner = BucketAssigner.date_time_bucket_assigner(pattern, zone)
    out = tmp_path / "out"
    sink = FileSink.for_row_format(str(out), Encoder.simple_string_encoder()).with_bucket_assigner(assigner)
    before = datetime.now(ZoneInfo(zone))
    env.from_collection(["a"]).map(function, Types.STRING()).sink_to(sink.build())
    env.execute()
    names = {time.strftime("%y-%m-%dT%H") for time in (before, datetime.now(ZoneInfo(zone)))}
    (bucket,) = out.iterdir()
    assert bucket.name in names
    (part,) = bucket.iterdir()
    assert part.read_text(encoding="utf-8") == "a\n"


def test_files_are_in_the_charset_of_their_encoder_behind_typescript_too(env, tmp_path):
    (tmp_path / "same.ts").write_text(IDENTITY)
    sink = (
        FileSink.for_row_format(str(tmp_path / "out"), Encoder.simple_string_encoder("ISO-8859-1"))
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .build()
    )
    stream = env.from_collection(["größe"]).map(ts(tmp_path / "same.ts", "same"), Types.STRING())
    stream.sink_to(sink)
    env.execute()
    (part,) = (tmp_path / "out").iterdir()
    assert part.read_bytes() == "größe\n".encode("latin-1")


@pytest.mark.parametrize("charset", ["UTF-16", "UTF-16LE", "UTF-32", "utf-8-sig"])
def test_a_file_has_one_byte_order_mark(env1, tmp_path, charset):
    sink = (
        FileSink.for_row_format(str(tmp_path / "out"), Encoder.simple_string_encoder(charset))
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .build()
    )
    env1.from_collection(["größe", "漢"], Types.STRING()).sink_to(sink)
    env1.execute()
    (part,) = (tmp_path / "out").iterdir()
    charset = "UTF-32BE" if charset == "UTF-32" else charset  # Java writes none in it.
    assert part.read_bytes().decode(charset) == "größe\n漢\n"
