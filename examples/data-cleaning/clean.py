"""Dirty CSV in, clean records and rejects out.

    python examples/data-cleaning/clean.py [orders.csv] [--out FOLDER]

Clean records go to ``clean/`` as JSON lines, rejects with their reasons to ``rejects/``; a summary is printed.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from isthmus.common import Encoder, Types, WatermarkStrategy
from isthmus.datastream import (
    KeyedProcessFunction,
    OutputTag,
    ProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from isthmus.datastream.connectors.file_system import (
    BucketAssigner,
    FileSink,
    FileSource,
    OutputFileConfig,
    StreamFormat,
)
from isthmus.datastream.state import ValueStateDescriptor

REJECTS = OutputTag("rejects", Types.STRING())
COUNTRIES = {
    "germany": "DE",
    "deutschland": "DE",
    "de": "DE",
    "france": "FR",
    "fr": "FR",
    "japan": "JP",
    "jp": "JP",
}
DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y")


def parse_date(text: str) -> date:
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise ValueError(f"unknown date {text!r}")


def parse_amount(text: str) -> Decimal:
    number = re.sub(r"[€$\s]", "", text)
    if re.fullmatch(r"-?\d{1,3}(\.\d{3})*,\d{1,2}", number) or re.fullmatch(r"-?\d+,\d{1,2}", number):
        number = number.replace(".", "").replace(",", ".")
    try:
        amount = Decimal(number.replace(",", ""))
    except InvalidOperation:
        raise ValueError(f"unreadable amount {text!r}") from None
    if amount <= 0:
        raise ValueError(f"amount {amount} is not positive")
    return amount


class Clean(ProcessFunction):
    """One line of the file to one record of plain values, or to the rejects with the reason."""

    def process_element(self, line: str, ctx: ProcessFunction.Context) -> Iterator[Any]:
        if not line.strip() or line.startswith("order_id"):
            return
        fields = next(csv.reader([line]))
        try:
            if len(fields) != 5:
                raise ValueError(f"{len(fields)} fields instead of 5")
            order_id, customer, country, day, amount = (field.strip() for field in fields)
            if not re.fullmatch(r"A\d{4}", order_id):
                raise ValueError(f"bad order id {order_id!r}")
            if country.lower() not in COUNTRIES:
                raise ValueError(f"unknown country {country!r}")
            yield {
                "order_id": order_id,
                "customer": " ".join(part.capitalize() for part in customer.split()),
                "country": COUNTRIES[country.lower()],
                "date": parse_date(day).isoformat(),
                "amount": str(parse_amount(amount)),
            }
        except ValueError as reason:
            yield REJECTS, json.dumps({"line": line, "reason": str(reason)}, ensure_ascii=False)


class FirstOnly(KeyedProcessFunction):
    """Lets the first record of each order id pass; later ones are rejected as duplicates."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.BOOLEAN()))

    def process_element(self, value: dict, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        if self.seen.value():
            yield REJECTS, json.dumps({"line": value["order_id"], "reason": "duplicate order"})
            return
        self.seen.update(True)
        yield json.dumps(value, ensure_ascii=False)


def lines_to(folder: Path) -> FileSink:
    return (
        FileSink.for_row_format(str(folder), Encoder.simple_string_encoder())
        .with_output_file_config(
            OutputFileConfig.builder().with_part_prefix("part").with_part_suffix(".jsonl").build()
        )
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .build()
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", default=str(Path(__file__).with_name("orders.csv")))
    parser.add_argument("--out", default="cleaned")
    options = parser.parse_args()
    out = Path(options.out)

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), options.file).build()
    cleaned = (
        env.from_source(source, WatermarkStrategy.no_watermarks(), "orders").process(Clean()).name("clean")
    )
    unique = (
        cleaned.key_by(lambda order: order["order_id"])
        .process(FirstOnly(), Types.STRING())
        .name("de-duplicate")
    )
    rejects = cleaned.get_side_output(REJECTS).union(unique.get_side_output(REJECTS))
    unique.sink_to(lines_to(out / "clean"))
    rejects.sink_to(lines_to(out / "rejects"))
    env.execute("data cleaning")

    for kind in ("clean", "rejects"):
        lines = [
            line
            for part in sorted((out / kind).glob("part*"))
            for line in part.read_text("utf-8").splitlines()
        ]
        print(f"{kind}: {len(lines)}")
        for line in sorted(lines):
            print(f"  {line}")


if __name__ == "__main__":
    main()
