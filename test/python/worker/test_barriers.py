"""Barriers and the end of input in a task: where they cut, what goes before them, and what is answered."""

from __future__ import annotations

import asyncio
from typing import Any

from one_slot import OneSlot, op, task

OUT = 9


def triple(value: int) -> Any:
    for part in range(3):
        yield (value, part)


def test_a_source_cuts_its_batch_behind_the_record_in_flight():
    # Without credit the chain stands within a record: 64 results of 22 records, the last of which has two to come.
    with_little = {"channelWindowBytes": 1}
    chain = (op("source.sequence", **{"from": 0, "to": 999}), op("flat_map", triple))
    slot = OneSlot(task(*chain, outputs=(OUT,)), **with_little)
    while len(slot.records(OUT)) < 200:
        slot.turn()
        slot.credit(OUT)
    slot.run()
    slot.trigger(1, 0)
    while "checkpoint 1" not in slot.marks(OUT):
        slot.credit(OUT)
        slot.run()
    before = slot.sent[OUT].index("checkpoint 1")
    assert 200 < before < 2_900  # The batch has 1,000 records.
    assert before % 3 == 0
    slot.run_all(OUT)
    assert slot.records(OUT) == [r for n in range(1_000) for r in triple(n)]

    again = OneSlot(task(*chain, outputs=(OUT,)), restore={0: [slot.saved[1, 0]]})
    again.run_all(OUT)
    assert again.records(OUT) == slot.records(OUT)[before:]


def test_nothing_leaves_a_source_behind_a_barrier_that_suspends():
    chain = (op("source.sequence", **{"from": 0, "to": 9_999}), op("map", lambda n: n))
    slot = OneSlot(task(*chain, outputs=(OUT,)), channelWindowBytes=1)
    slot.run()
    slot.trigger(1, 0, kind="suspend")
    slot.run_all(OUT)
    assert slot.marks(OUT) == ["suspend 1"]
    assert slot.sent[OUT][-1] == "suspend 1"
    assert 0 < len(slot.records(OUT)) < 9_999
    again = OneSlot(task(*chain, outputs=(OUT,)), restore={0: [slot.saved[1, 0]]})
    again.run_all(OUT)
    assert slot.records(OUT) + again.records(OUT) == list(range(10_000))


def test_a_drain_ends_the_source_and_comes_behind_the_final_watermark():
    slot = OneSlot(
        task(op("source.sequence", **{"from": 0, "to": 9_999}), op("map", lambda n: n), outputs=(OUT,)),
        checkpoints=True,
        channelWindowBytes=1,
    )
    slot.run()
    slot.trigger(1, 0, kind="drain")
    slot.run_all(OUT)
    assert slot.marks(OUT) == ["final", "drain 1", "end"]
    assert slot.told == ["saved 1", "drained 0"]
    slot.complete(1)
    assert slot.told == ["saved 1", "drained 0", "closed 0"]


def test_a_barrier_of_a_checkpoint_that_was_given_up_before_saves_nothing():
    slot = OneSlot(task(op("map", lambda n: n), inputs=(1,), outputs=(OUT,)), checkpoints=True)
    slot.abort(1)
    for checkpoint in (1, 2):
        slot.feed(1, checkpoint)
        slot.barrier(1, checkpoint)
        slot.run()
    assert slot.sent[OUT] == [1, "checkpoint 1", 2, "checkpoint 2"]
    assert slot.told == ["saved 2"]


def test_what_was_gathered_goes_before_the_barrier_from_head_to_tail():
    gather = {"batchSize": 100, "latencyMs": 60_000}
    slot = OneSlot(
        task(
            op("map_batch", lambda batch: [n + 1 for n in batch], **gather),
            op("map_batch", lambda batch: [n * 10 for n in batch], **gather),
            inputs=(1,),
            outputs=(OUT,),
        )
    )
    slot.feed(1, 1, 2, 3)
    slot.run()
    assert slot.sent.get(OUT, []) == []
    slot.barrier(1, 4, "savepoint")
    slot.run()
    assert slot.sent[OUT] == [20, 30, 40, "savepoint 4"]


def test_a_barrier_waits_for_no_asynchronous_call_and_saves_it():
    slot = OneSlot(task(op("async", calling(False), capacity=10, ordered=True), inputs=(1,), outputs=(OUT,)))
    slot.feed(1, "a", "b")
    slot.run()
    slot.barrier(1, 1)
    slot.run()
    assert slot.sent[OUT] == ["checkpoint 1"]
    state = slot.saved[1, 0]

    # Each call goes to exactly one of the subtasks that follow, and its function is called again.
    made: list[Any] = []
    for subtask in range(3):
        again = OneSlot(
            task(
                op("async", calling(True), capacity=10, ordered=True),
                inputs=(1,),
                outputs=(OUT,),
                subtask=subtask,
                parallelism=3,
            ),
            restore={0: [state]},
        )
        again.end(1)
        again.wait_for(lambda again=again: "end" in again.marks(OUT))
        made += again.records(OUT)
    assert sorted(made) == ["a!", "b!"]


def calling(answers: bool) -> Any:
    async def call(value: str) -> list[str]:
        while not answers:
            await asyncio.sleep(60)
        return [f"{value}!"]

    return call


def test_a_drained_task_answers_and_closes_with_the_last_checkpoint():
    slot = OneSlot(task(op("map", lambda n: n), inputs=(1,), outputs=(OUT,)), checkpoints=True)
    slot.feed(1, 1)
    slot.barrier(1, 1)
    slot.run()
    slot.end(1)
    slot.run()
    assert slot.told == ["saved 1", "drained 0"]
    slot.complete(1)  # It was taken before the end.
    assert slot.told == ["saved 1", "drained 0"]
    slot.trigger(2, 0)
    slot.run()
    slot.trigger(2, 0)
    slot.run()
    assert slot.told == ["saved 1", "drained 0", "saved 2"]
    assert slot.marks(OUT) == ["checkpoint 1", "final", "end"]
    slot.complete(2)
    assert slot.told == ["saved 1", "drained 0", "saved 2", "closed 0"]
    slot.trigger(3, 0)
    assert slot.told[-1] == "finished at 3"


def test_a_task_is_drained_when_all_that_it_made_is_sent():
    slot = OneSlot(
        task(op("map", lambda n: n), inputs=(1,), outputs=(OUT,)),
        checkpoints=True,
        channelWindowBytes=1,
    )
    slot.feed(1, *range(3_000))
    slot.end(1)
    slot.run()
    assert slot.told == []
    while "end" not in slot.marks(OUT):
        assert slot.told == []
        slot.credit(OUT)
        slot.run()
    assert slot.told == ["drained 0"]


def test_a_checkpoint_asked_of_a_source_that_has_ended_is_answered():
    for checkpoints, answer in ((False, "finished at 1"), (True, "saved 1")):
        slot = OneSlot(
            task(op("source.sequence", **{"from": 1, "to": 3}), outputs=(OUT,)), checkpoints=checkpoints
        )
        slot.run()
        assert slot.marks(OUT) == ["final", "end"]
        slot.trigger(1, 0)
        slot.run()
        assert slot.told[-1] == answer
        assert slot.marks(OUT) == ["final", "end"]


def test_timers_do_not_fire_behind_a_suspension():
    slot = OneSlot(
        task(
            op("map_batch", lambda batch: batch, batchSize=10, latencyMs=5),
            inputs=(1,),
            outputs=(OUT,),
        )
    )
    slot.feed(1, "a")
    slot.run()
    slot.barrier(1, 1, "suspend")
    slot.run()
    slot.feed(1, "b")
    slot.clock.set(1_000)
    slot.run()
    assert slot.sent[OUT] == ["a", "suspend 1"]
    assert slot.slot.wait_s() is None
