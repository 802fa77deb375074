// Timers of one time domain: a heap of the distinct times, and whose they are at each. Many timers share a time (all keys of
// a window do), so the heap stays small.
//
//   Q1. A timer is (owner, time); registering it again changes nothing, deleting it takes it away.
//   Q2. Timers fire in order of time; those of one time in order of registration.
//   Q3. A timer registered while timers fire takes its place among those still due: also before the rest of the time at hand,
//       and once, where it is among the rest already.

import { TimeHeap } from './heap.ts';

/** Owners are told apart as `Map` does. */
export class TimerQueue<O> {
  readonly #times = new TimeHeap<number>();
  readonly #owners = new Map<number, Set<O>>();
  /** What is left of the time that fires now. */
  #firingTime = NaN;
  #firing = new Set<O>();
  /** Told of a timer before it comes or goes; undefined where nobody is. */
  touch: ((time: number, owner: O) => void) | undefined;

  register(time: number, owner: O): void {
    if (time === this.#firingTime && this.#firing.has(owner)) return; // Q3
    this.touch?.(time, owner);
    const owners = this.#owners.get(time);
    if (owners === undefined) {
      this.#owners.set(time, new Set([owner]));
      this.#times.push(time, time);
    } else {
      owners.add(owner); // Q1
    }
  }

  delete(time: number, owner: O): void {
    this.touch?.(time, owner);
    this.#owners.get(time)?.delete(owner);
    if (time === this.#firingTime) this.#firing.delete(owner);
  }

  /** When the earliest timer is due; Infinity where there is none. */
  nextTime(): number {
    const times = this.#times;
    while (times.size > 0) {
      const time = times.earliest;
      if ((this.#owners.get(time) as Set<O>).size > 0) return time;
      this.#owners.delete(times.pop());
    }
    return Infinity;
  }

  /** Takes away and gives, one by one, the timers up to `now`. */
  *due(now: number): Generator<{ time: number; owner: O }> {
    const times = this.#times;
    while (times.earliest <= now) {
      const time = times.pop(); // Q2
      const owners = this.#owners.get(time) as Set<O>;
      this.#owners.delete(time);
      this.#firingTime = time;
      this.#firing = owners;
      for (const owner of owners) {
        this.touch?.(time, owner);
        owners.delete(owner);
        yield { time, owner };
        if (times.earliest < time) {
          this.#putBack(time, owners); // Q3
          break;
        }
      }
    }
    this.#firingTime = NaN;
  }

  /** An earlier timer has been registered; the rest of this time waits behind it. */
  #putBack(time: number, rest: Set<O>): void {
    const later = this.#owners.get(time);
    if (this.touch !== undefined) for (const owner of rest) this.touch(time, owner);
    if (later === undefined) this.#times.push(time, time);
    this.#owners.set(time, new Set([...rest, ...(later ?? [])]));
    rest.clear();
  }

  /** Whose timer there is at a time, if there is one; on the heap owners tell themselves apart. */
  ownerAt(time: number, identity: O): { owner: O } | undefined {
    const isThere =
      this.#owners.get(time)?.has(identity) === true ||
      (time === this.#firingTime && this.#firing.has(identity));
    return isThere ? { owner: identity } : undefined;
  }

  /** Goes on while timers come and go that `touch` is told of. */
  *entries(): Generator<[time: number, owner: O]> {
    for (const [time, owners] of this.#owners) {
      for (const owner of owners) yield [time, owner];
    }
    // Last, as a time may begin to fire meanwhile.
    for (const owner of this.#firing) yield [this.#firingTime, owner];
  }
}
