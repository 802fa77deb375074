"""Windows of processing time in jobs that run by the real clock."""

from __future__ import annotations

import itertools

from isthmus.common import Time
from isthmus.datastream.functions import ProcessWindowFunction
from isthmus.datastream.window import ProcessingTimeSessionWindows, TumblingProcessingTimeWindows


class Starts(ProcessWindowFunction):
    """Writes down when the windows that fire have begun."""

    def __init__(self, path):
        self.path = path

    def process(self, key, context, elements):
        with open(self.path, "a") as file:
            file.write(f"{context.window().start}\n")
        yield from ()


def starts_of(env, assigner, path, enough):
    """Of windows over a stream that ends when so many have fired."""
    path.touch()

    def starts():
        return path.read_text().split()

    def busy():
        for n in itertools.count():
            yield n
            if n % 500 == 0 and len(starts()) >= enough:
                break

    windows = env.from_source(busy).key_by(lambda n: 0).window(assigner)
    windows.process(Starts(str(path))).add_sink(lambda value: None)
    env.execute()
    return starts()


def test_a_window_that_fired_before_it_was_over_does_not_fire_again(env1, tmp_path):
    windows = TumblingProcessingTimeWindows.of(Time.milliseconds(5))
    starts = starts_of(env1, windows, tmp_path / "starts", 50)
    assert len(set(starts)) == len(starts) >= 50


def test_a_session_goes_on_in_its_last_millisecond(env1, tmp_path):
    sessions = ProcessingTimeSessionWindows.with_gap(Time.milliseconds(1))
    starts = starts_of(env1, sessions, tmp_path / "starts", 20)
    assert len(set(starts)) == len(starts) >= 20
