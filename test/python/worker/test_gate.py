"""The input gate against a naive model that keeps everything and computes from scratch."""

from hypothesis import given, settings
from hypothesis import strategies as st
from isthmus._worker.gate import InputGate
from isthmus._worker.operator import MIN_TIMESTAMP

CHANNELS = 3
EVENTS = st.lists(
    st.tuples(
        st.integers(0, CHANNELS - 1),
        st.one_of(
            st.tuples(st.just("watermark"), st.integers(0, 50)),
            st.tuples(st.just("idle"), st.booleans()),
            st.tuples(st.just("end"), st.none()),
        ),
    ),
    max_size=40,
)


class Model:
    """What the merged watermark must be, said as plainly as possible."""

    def __init__(self):
        self.watermarks = [MIN_TIMESTAMP] * CHANNELS
        self.idle = [False] * CHANNELS
        self.ended = [False] * CHANNELS
        self.merged = MIN_TIMESTAMP

    def apply(self, channel, event):
        kind, value = event
        if kind == "watermark":
            self.watermarks[channel] = max(self.watermarks[channel], value)
        elif kind == "idle":
            self.idle[channel] = value
        else:
            self.ended[channel] = True
        running = [i for i in range(CHANNELS) if not self.ended[i]]
        awake = [i for i in running if not self.idle[i]]
        if awake:
            now = min(self.watermarks[i] for i in awake)
        else:
            now = min(
                (w for w, ended in zip(self.watermarks, self.ended, strict=True) if ended),
                default=self.merged,
            )
        self.merged = max(self.merged, now)

    @property
    def all_idle(self):
        running = [i for i in range(CHANNELS) if not self.ended[i]]
        return bool(running) and all(self.idle[i] for i in running)


@settings(max_examples=400, deadline=None)
@given(EVENTS)
def test_merging_agrees_with_the_model(events):
    gate, model = InputGate(list(range(CHANNELS))), Model()
    for channel, event in events:
        if model.ended[channel]:
            continue
        before, was_idle = model.merged, gate.idle
        model.apply(channel, event)
        idle = None
        if event[0] == "watermark":
            merged = gate.on_watermark(channel, event[1])
        elif event[0] == "idle":
            merged, idle = gate.on_idle(channel, event[1])
        else:
            merged, idle = gate.on_end(channel)
        assert merged == (model.merged if model.merged > before else None)
        assert gate.watermark == model.merged
        assert gate.idle == model.all_idle
        assert idle == (gate.idle if gate.idle != was_idle else None)
        assert gate.ended == all(model.ended)


def test_alignment_holds_what_comes_behind_a_barrier():
    gate = InputGate([1, 2])
    assert not gate.on_barrier(1, 5)
    assert gate.is_held(1) and not gate.is_held(2)
    gate.hold((1, "later"))
    assert gate.on_barrier(2, 5)
    assert list(gate.release()) == [(1, "later")]
    assert not gate.is_held(1)


def test_an_ended_channel_does_not_hold_up_an_alignment():
    gate = InputGate([1, 2])
    gate.on_barrier(1, 5)
    gate.on_end(2)
    assert gate.aligned
