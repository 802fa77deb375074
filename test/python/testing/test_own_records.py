"""In a harness the operator has records of its own, and its output is what it was when it was emitted."""

from __future__ import annotations

from isthmus.datastream import OutputTag
from isthmus.datastream.functions import ProcessFunction, ProcessWindowFunction
from isthmus.testing import OneInputHarness, PipelineHarness


class Aside(ProcessFunction):
    def __init__(self):
        self.row = {"n": 0}

    def process_element(self, value, ctx):
        for _ in range(2):
            self.row["n"] += value["by"]
            yield OutputTag("side"), self.row
            yield self.row


def test_output_is_what_was_emitted():
    with OneInputHarness(Aside()) as harness:
        harness.process({"by": 1}, {"by": 10})
        assert harness.output == harness.side_output("side") == [{"n": 1}, {"n": 2}, {"n": 12}, {"n": 22}]


class Elements(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield [element["n"] for element in elements]


def test_a_test_may_go_on_with_the_record_it_gave():
    row = {"n": 0}

    def pairs(rows):
        return rows.key_by(lambda row: "k").count_window(2).process(Elements())

    with OneInputHarness.open_stream(pairs) as one, PipelineHarness(pairs) as pipeline:
        for n in (1, 2):
            row["n"] = n
            one.process(row)
            pipeline.process(row)
        assert one.output == pipeline.output == [[1, 2]]


def test_records_behind_a_key_are_objects_of_their_own():
    def twice(rows):
        def parts(n):
            head = {"seen": 0}
            yield head
            yield head

        def look(head):
            head["seen"] += 1
            return head["seen"]

        return rows.flat_map(parts).key_by(lambda head: 0).map(look)

    with PipelineHarness(twice) as pipeline:
        pipeline.process(1)
        assert pipeline.output == [1, 1]


def test_object_reuse_hands_on_the_very_object():
    given = {"by": 1}
    with OneInputHarness(lambda row: row, kind="map", config={"pipeline.object-reuse": "true"}) as harness:
        harness.process(given)
        assert harness.output[0] is given
