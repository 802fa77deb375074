"""The properties of CPython's iterators that the feed rests on, and the feed itself."""

import pytest
from isthmus._worker.runtime.feed import Feed
from isthmus._worker.runtime.operator import MIN_TIMESTAMP, Cursor


def test_counts_what_entered_the_chain():
    feed = Feed([10, 20, 30], None, None, Cursor())
    assert next(feed.iterator) == 10
    assert feed.consumed == 1
    assert not feed.drained
    assert list(feed.iterator) == [20, 30]
    assert (feed.consumed, feed.drained) == (3, True)


@pytest.mark.parametrize("keys", [None, ["a", "b", "c"]])
@pytest.mark.parametrize("timestamps", [None, [1, 2, 3]])
def test_names_the_record_that_failed(keys, timestamps):
    feed = Feed([5, 0, 7], keys, timestamps, Cursor())
    assert feed.in_flight == ()

    def value(record):
        return record[1] if keys else record

    out = []
    with pytest.raises(ZeroDivisionError):
        out.extend(map(lambda r: 10 // value(r), feed.iterator))
    assert out == [2]
    assert feed.consumed == 2
    assert feed.in_flight == ((0, "b") if keys else (0,))


@pytest.mark.parametrize("at", [0, 1, 2])
def test_stop_iteration_of_user_code_is_told_from_the_end(at):
    def function(value):
        if value == at:
            raise StopIteration
        return value

    feed = Feed([0, 1, 2], None, None, Cursor())
    assert list(map(function, feed.iterator)) == list(range(at))
    assert not feed.drained
    assert feed.consumed == at + 1


def test_timestamps_follow_the_record_in_flight():
    cursor = Cursor()
    feed = Feed(["a", "b"], ["k", "l"], [7, 9], cursor)
    assert cursor.timestamp == MIN_TIMESTAMP
    assert next(feed.iterator) == ("k", "a")
    assert cursor.timestamp == 7
    assert next(feed.iterator) == ("l", "b")
    assert cursor.timestamp == 9


def test_stop_ends_the_batch_behind_the_record_in_flight():
    feed = Feed(list(range(100)), None, None, Cursor())

    def function(value):
        if value == 3:
            feed.stop()
        return value

    assert list(map(function, feed.iterator)) == [0, 1, 2, 3]
    assert feed.drained
    assert feed.consumed == 4
