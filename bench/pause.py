"""How long a barrier stops a worker, and how large increments are: ``.venv/bin/python bench/pause.py [keys]``."""

from __future__ import annotations

import gc
import sys
import time

from isthmus._worker.runtime.operator import Cursor
from isthmus._worker.state.key_identity import GroupOf
from isthmus._worker.state.states import KeyedValueState
from isthmus._worker.state.store import SubtaskStore

KEYS = int(sys.argv[1]) if len(sys.argv) > 1 else 600_000
CHECKPOINTS = 20


def main() -> None:
    store = SubtaskStore(GroupOf(128, 1, 0), 0, 1, checkpoints=True)
    operator = store.of("op")
    cursor = Cursor()
    state = KeyedValueState(operator.keyed("value:v"), cursor)
    keys = [f"key-{i:014d}" for i in range(KEYS)]
    for i, key in enumerate(keys):
        cursor.key = key
        state.update(i)
    operator.touch(keys)
    pauses, steps, sizes = [], [], []
    gc.freeze()  # As workers do.
    for checkpoint in range(1, CHECKPOINTS + 1):
        begin = time.process_time()
        frozen = store.freeze(checkpoint)
        pauses.append(time.process_time() - begin)
        chunks, size = frozen.steps(), 0
        while True:
            begin = time.process_time()
            step = next(chunks, KEYS)
            steps.append(time.process_time() - begin)
            if step == KEYS:
                break
            size += len(step.data) if step is not None else 0
        sizes.append(size)
        store.completed(checkpoint)
        some = keys[checkpoint % 10 :: 10]
        operator.touch(some)
        for key in some:
            cursor.key = key
            state.update(checkpoint)
    steps.sort()
    print(
        f"{KEYS:,} keys: pause {pauses[0] * 1e3:.1f} ms in full, at most {max(pauses[1:]) * 1e3:.1f} ms after"
    )
    print(
        f"steps: p50 {steps[len(steps) // 2] * 1e3:.2f} ms, p99 {steps[len(steps) * 99 // 100] * 1e3:.2f} ms"
    )
    print(
        f"full {sizes[0] / 1e6:.1f} MB; a tenth of the keys {max(sizes[1:]) / 1e6:.2f} MB, "
        f"{100 * max(sizes[1:]) / sizes[0]:.1f} %"
    )


if __name__ == "__main__":
    main()
