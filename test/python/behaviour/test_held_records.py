"""What the runtime holds of a key, of a window or of a lookup is its own: functions may change what they are given."""

from __future__ import annotations

import asyncio

from isthmus.common import Time, WatermarkStrategy
from isthmus.datastream import AsyncDataStream, RuntimeExecutionMode
from isthmus.datastream._streams.joins import lookup_join
from isthmus.datastream.functions import (
    AggregateFunction,
    AsyncFunction,
    ProcessJoinFunction,
    ProcessWindowFunction,
)
from isthmus.datastream.window import (
    CountTrigger,
    GlobalWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

RECORDS = 40


def one_key(value):
    return 0


def counts(until):
    return [{"n": n} for n in range(1, until + 1)]


def add_in_place(a, b):
    a["n"] += b["n"]
    return a


def dirty(record):
    """What an operator behind may do to a record that is its own."""
    result = record["n"]
    record["n"] = -1000
    return result


class ListOf(AggregateFunction):
    def create_accumulator(self):
        return []

    def add(self, value, accumulator):
        accumulator.append(value)
        return accumulator

    def get_result(self, accumulator):
        return accumulator

    def merge(self, a, b):
        return a + b


class Total(ProcessWindowFunction):
    """Changes the elements it is given."""

    def process(self, key, context, elements):
        for element in elements:
            element["n"] += 1
        elements.sort(key=repr)
        yield [element["n"] for element in elements]
        elements.clear()


def first_field(record):
    return record["n"]


def ones(env):
    timed = WatermarkStrategy.for_monotonous_timestamps()
    timed = timed.with_timestamp_assigner(Stamp())
    return env.from_collection([{"n": 1, "at": n} for n in range(RECORDS)]).assign_timestamps_and_watermarks(
        timed
    )


class Stamp:
    def extract_timestamp(self, value, record_timestamp):
        return value["at"]


def test_what_the_runtime_holds_of_a_key(env1, collect_each):
    keyed = ones(env1).key_by(one_key)
    every = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(1))
    sliding = keyed.window(SlidingEventTimeWindows.of(Time.milliseconds(4), Time.milliseconds(1)))
    found = collect_each(
        reduce=keyed.reduce(add_in_place).map(first_field),
        reduce_then_changed=keyed.reduce(add_in_place).map(dirty),
        sum_then_changed=keyed.sum("n").map(dirty),
        accumulator=every.aggregate(ListOf()).map(len),
        accumulator_elsewhere=every.aggregate(ListOf()).rebalance().map(len),
        window_reduce=every.reduce(add_in_place).map(dirty),
        window_process=every.process(Total()),
        sliding_reduce=sliding.reduce(add_in_place).map(first_field),
        sliding_process=sliding.process(Total()),
        count_windows=keyed.count_window(4, 1).process(Total()),
        count_reduce=keyed.count_window(4, 1).reduce(add_in_place).map(first_field),
    )
    running = sorted(range(1, RECORDS + 1), key=repr)
    overlapping = [1, 2, 3] + [4] * (RECORDS - 3) + [3, 2, 1]
    assert found == {
        "reduce": running,
        "reduce_then_changed": running,
        "sum_then_changed": running,
        "accumulator": running,
        "accumulator_elsewhere": running,
        "window_reduce": running,
        "window_process": sorted(([2] * n for n in range(1, RECORDS + 1)), key=repr),
        "sliding_reduce": sorted(overlapping, key=repr),
        "sliding_process": sorted(([2] * n for n in overlapping), key=repr),
        "count_windows": [[2] * 4] * (RECORDS - 3),
        "count_reduce": [4] * (RECORDS - 3),
    }


def mark_left(left, right):
    right["lefts"] = right.get("lefts", 0) + 1
    left["rights"] = left.get("rights", 0) + 1
    return left["rights"], right["lefts"]


class Marks(ProcessJoinFunction):
    def process_element(self, left, right, ctx):
        yield mark_left(left, right)


def test_records_that_wait_for_partners_are_given_as_they_came(env1, collect_each):
    left, right = ones(env1).key_by(one_key), ones(env1).key_by(one_key)
    window = TumblingEventTimeWindows.of(Time.milliseconds(4))
    found = collect_each(
        interval=left.interval_join(right)
        .between(Time.milliseconds(-2), Time.milliseconds(2))
        .process(Marks()),
        window=ones(env1).join(ones(env1)).where(one_key).equal_to(one_key).window(window).apply(mark_left),
    )
    assert {name: set(records) for name, records in found.items()} == {name: {(1, 1)} for name in found}


class Batches:
    """Fills one list, of one row, again and again."""

    def __init__(self):
        self.row = {"n": 0}
        self.results = []

    def __call__(self, values):
        self.results.clear()
        for value in values:
            self.row["n"] += 1
            self.results.append(dict(value, of=self.row["n"]))
        return self.results


def one_row(numbers=range(RECORDS)):
    row = {"n": 0}

    def lines(_):
        for n in numbers:
            row["n"] = n
            yield row

    return lines


def only_row(values):
    """All that is at hand, in one list of records that are one object."""
    row = {"count": 0}
    for _ in values:
        row["count"] += 1
        yield row


def rows(env):
    """A stream of its own each time: one that has several readers is not chained to them."""
    return env.from_collection([0]).flat_map(one_row())


def numbers_of(records):
    return sorted(record["n"] for record in records)


def test_vectorised_functions_in_a_chain(env1, collect_each):
    found = collect_each(
        in_a_chain=rows(env1).map_batch(Batches()),
        small=rows(env1).map_batch(Batches(), batch_size=3),
        with_bytes=rows(env1).map_batch(Batches(), batch_bytes=200),
        flat=rows(env1).flat_map_batch(only_row, batch_size=RECORDS, latency_ms=10_000),
        elsewhere=rows(env1).rebalance().map_batch(Batches()),
    )
    assert sorted(record["count"] for record in found.pop("flat")) == list(range(1, RECORDS + 1))
    for records in found.values():
        assert numbers_of(records) == list(range(RECORDS))
        assert sorted(record["of"] for record in records) == list(range(1, RECORDS + 1))


class Answers(AsyncFunction):
    """Answers with one list of one row, changed after each call; and waits, so that many are under way."""

    def __init__(self):
        self.row = {"n": -1}
        self.answers = [self.row]

    async def async_invoke(self, value):
        await asyncio.sleep(0.001 * (value["n"] % 3))
        self.row["n"] = value["n"]
        return self.answers


class Patient(AsyncFunction):
    """Looks at its record before and after it has waited."""

    async def async_invoke(self, value):
        before = value["n"]
        await asyncio.sleep(0.001)
        return [{"n": before, "same": value["n"] == before}]


def test_async_functions_in_a_chain(env1, collect_each):
    second = Time.seconds(20)
    found = collect_each(
        ordered=AsyncDataStream.ordered_wait(rows(env1), Answers(), second, 10),
        unordered=AsyncDataStream.unordered_wait(rows(env1), Answers(), second, 10),
        patient=AsyncDataStream.unordered_wait(rows(env1), Patient(), second, 10),
    )
    assert {name: numbers_of(records) for name, records in found.items()} == {
        name: list(range(RECORDS)) for name in found
    }
    assert all(record["same"] for record in found["patient"])


TABLE = {0: {"hits": 0}, 1: {"hits": 0}}


def hit(value, found):
    found["hits"] += 1
    return found


def look_up(key):
    return {"hits": 0}


async def look_up_later(key):
    return {"hits": 0}


def parity(value):
    return value % 2


def test_what_a_lookup_found_is_found_again_as_it_was(env1, collect_each):
    numbers = env1.from_collection(range(RECORDS))
    found = collect_each(
        table=lookup_join(numbers, TABLE, parity, hit),
        function=lookup_join(numbers, look_up, parity, hit),
        later=lookup_join(numbers, look_up_later, parity, hit, capacity=1),
    )
    assert found == {name: [{"hits": 1}] * RECORDS for name in found}


def borrow(left, right):
    right["of"] = [*right.get("of", []), left["n"]]
    return right["of"]


def test_as_of_joins_give_right_records_as_they_came(env1, collect_each):
    timed = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Stamp())
    lefts = env1.from_collection([{"n": n, "at": n} for n in range(10)]).assign_timestamps_and_watermarks(
        timed
    )
    rights = env1.from_collection([{"n": -1, "at": 0}]).assign_timestamps_and_watermarks(timed)
    joined = lefts.key_by(one_key).as_of_join(rights.key_by(one_key)).apply(borrow)
    assert collect_each(joined=joined)["joined"] == [[n] for n in range(10)]


def test_batch_execution_gives_the_last_value(env1):
    env1.set_runtime_mode(RuntimeExecutionMode.BATCH)
    rows = env1.from_collection(range(RECORDS)).map(lambda n: {"key": n % 3, "n": 1})
    totals = rows.key_by(lambda row: row["key"]).reduce(add_in_place).map(dirty)
    with totals.execute_and_collect() as results:
        assert sorted(results) == [13, 13, 14]


def test_windows_on_disk(env1, collect_each):
    env1._configuration.set_string("state.backend.type", "embedded")
    keyed = ones(env1).key_by(one_key)
    sliding = keyed.window(SlidingEventTimeWindows.of(Time.milliseconds(4), Time.milliseconds(1)))
    found = collect_each(
        reduce=sliding.reduce(add_in_place).map(dirty),
        process=sliding.process(Total()),
        running=keyed.reduce(add_in_place).map(dirty),
    )
    overlapping = [1, 2, 3] + [4] * (RECORDS - 3) + [3, 2, 1]
    assert found == {
        "reduce": sorted(overlapping, key=repr),
        "process": sorted(([2] * n for n in overlapping), key=repr),
        "running": sorted(range(1, RECORDS + 1), key=repr),
    }


def test_printed_lines_are_of_records_as_they_were(programs):
    ended = programs.run(
        """
        def lines(order):
            row = {"order": order}
            for item in "abc":
                row["item"] = item
                yield row

        SIDE = OutputTag("side")

        class Aside(ProcessFunction):
            def process_element(self, value, ctx):
                row = Row(0, [0])
                for n in range(3):
                    row[0] = n
                    row[1].append(n)
                    yield SIDE, row
                    yield row

        env.from_collection([1]).flat_map(lines).print()
        aside = env.from_collection([1]).process(Aside())
        aside.print("main")
        aside.get_side_output(SIDE).print("side")
        typed = Types.ROW([Types.INT(), Types.LIST(Types.INT())])
        env.from_collection([1]).process(Aside(), typed).print("typed")
        env.execute()
        """
    )
    values = ["0, [0, 0]", "1, [0, 0, 1]", "2, [0, 0, 1, 2]"]
    assert sorted(ended.stdout.splitlines()) == sorted(
        [
            *(f"{{'order': 1, 'item': '{item}'}}" for item in "abc"),
            *(f"{name}> <Row({value})>" for name in ("main", "side") for value in values),
            *(f"typed> +I[{value.replace(', ', ',', 1)}]" for value in values),
        ]
    )
