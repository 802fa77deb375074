import type { ManualClock } from './manual-clock.ts';

/** What waits for a clock: the operator of a harness. */
export interface Waiting {
  /** When it is to be called; Infinity: it does not wait. */
  readonly dueAt: number;
  /** Calls it if its time has come. */
  fire(): Promise<void>;
}

/** Moves a clock, and calls at its time whatever is due before. Of operators one behind the other, the first comes first. */
export async function moveClock(
  clock: ManualClock,
  operators: readonly Waiting[],
  nowMs: number,
): Promise<void> {
  for (;;) {
    await settled();
    const due = Math.min(clock.nextAlarm, ...operators.map(({ dueAt }) => dueAt));
    if (due > nowMs) break;
    clock.set(Math.max(due, clock.now()));
    await settled();
    for (const operator of operators) await operator.fire();
  }
  clock.set(nowMs);
  for (const operator of operators) await operator.fire();
}

/** Lets promises that have what they wait for go on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
