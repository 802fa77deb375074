/** Time, and turns of the event loop. A test passes one that it moves by hand; a simulation decides what comes next. */
export interface Clock {
  /** Processing time: milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start, never backwards. */
  monotonic(): number;
  /** Calls back once, at or after `now() >= at`; returns the cancellation. */
  at(at: number, callback: () => void): () => void;
  /**
   * Calls back once when `ms` have passed, however the time of day is set meanwhile; returns the cancellation. `idle`: the
   * process may end before.
   */
  after(ms: number, callback: () => void, idle?: 'idle'): () => void;
  /** Calls back when what is ready now has had its turn; returns the cancellation. */
  turn(callback: () => void): () => void;
}

/** Whether `promise` has resolved within `ms`; rejects as it does. A rejection that comes later is nobody's. */
export async function resolvedWithin(
  clock: Clock,
  promise: Promise<unknown>,
  ms: number,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const cancel = clock.after(ms, () => resolve(false));
  promise.catch(() => {});
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    cancel();
  }
}

/** Calls back again and again, `ms` apart, until the function it returns is called. */
export function every(clock: Clock, ms: number, callback: () => void, idle?: 'idle'): () => void {
  let cancel: () => void;
  const next = (): void => {
    cancel = clock.after(ms, next, idle);
    callback();
  };
  cancel = clock.after(ms, next, idle);
  return () => cancel();
}

/** Resolves at the next turn. */
export function nextTurn(clock: Clock): Promise<void> {
  return new Promise((resolve) => void clock.turn(resolve));
}
