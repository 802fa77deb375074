import type { Clock } from './clock.ts';

/** The longest delay `setTimeout` takes; farther times are waited for in pieces. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  at: (at, callback) => wait(() => at - Date.now(), callback),
  after(ms, callback, idle) {
    const until = performance.now() + ms;
    return wait(() => until - performance.now(), callback, idle);
  },
  turn(callback) {
    const turn = setImmediate(callback);
    return () => clearImmediate(turn);
  },
};

/** Calls back when `left` gives none. */
function wait(left: () => number, callback: () => void, idle?: 'idle'): () => void {
  let timer: NodeJS.Timeout;
  const sleep = (ms: number): void => {
    timer = setTimeout(look, Math.min(Math.max(0, Math.ceil(ms)), MAX_DELAY_MS));
    if (idle !== undefined) timer.unref();
  };
  const look = (): void => {
    const ms = left();
    if (ms <= 0) callback();
    else sleep(ms);
  };
  sleep(left());
  return () => clearTimeout(timer);
}
