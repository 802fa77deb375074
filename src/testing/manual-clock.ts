import { ConfigurationError } from '../errors.ts';
import type { Clock } from '../machine/clock.ts';
import { systemClock } from '../machine/system-clock.ts';

interface Alarm {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #alarms = new Set<Alarm>();

  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  at(at: number, callback: () => void): () => void {
    const alarm: Alarm = { at, callback };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  after(ms: number, callback: () => void): () => void {
    return this.at(this.#nowMs + ms, callback);
  }

  turn(callback: () => void): () => void {
    return systemClock.turn(callback);
  }

  /** When the next callback is due; Infinity where there is none. */
  get nextAlarm(): number {
    let earliest = Infinity;
    for (const { at } of this.#alarms) if (at < earliest) earliest = at;
    return earliest;
  }

  /**
   * Moves to a time in milliseconds; calls back what is due by then, in order of time.
   *
   * @throws ConfigurationError when the time is earlier than now
   */
  set(nowMs: number): void {
    if (nowMs < this.#nowMs) {
      throw new ConfigurationError(
        `The clock is at ${this.#nowMs} ms and cannot go back to ${nowMs} ms.`,
      );
    }
    for (;;) {
      const at = this.nextAlarm;
      if (at > nowMs) break;
      this.#nowMs = Math.max(this.#nowMs, at);
      for (const alarm of this.#alarms) {
        if (alarm.at > at) continue;
        this.#alarms.delete(alarm);
        alarm.callback();
      }
    }
    this.#nowMs = nowMs;
  }
}
