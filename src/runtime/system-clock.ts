import type { Clock } from './operator.ts';

/** The longest delay `setTimeout` takes; farther times are waited for in pieces. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  at(at, callback) {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const left = at - Date.now();
      if (left <= 0) callback();
      else timer = setTimeout(wait, Math.min(Math.ceil(left), MAX_DELAY_MS));
    };
    timer = setTimeout(wait, Math.min(Math.max(0, Math.ceil(at - Date.now())), MAX_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
