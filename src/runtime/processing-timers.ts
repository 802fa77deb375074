// When the operators of a chain want to be called in processing time. One alarm at the clock serves them all.

import type { Clock } from './operator.ts';

export class ProcessingTimers {
  readonly #clock: Clock;
  readonly #wake: () => void;
  /** Per operator of the chain; Infinity: none. */
  readonly #requested: number[];
  #alarmAt = Infinity;
  #cancelAlarm: (() => void) | undefined;
  #due = false;

  constructor(clock: Clock, operators: number, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
    this.#requested = Array.from({ length: operators }, () => Infinity);
  }

  /** True once the earliest request may have come due; cheap enough to be asked between records. */
  get due(): boolean {
    return this.#due;
  }

  request(operator: number, at: number): void {
    if (at >= (this.#requested[operator] as number)) return;
    this.#requested[operator] = at;
    if (at <= this.#clock.now()) {
      // Asked from outside the chain as well (a promise that settled): do not wait for a timer's granularity.
      this.#due = true;
      this.#wake();
    } else if (at < this.#alarmAt) {
      this.#setAlarm(at);
    }
  }

  /** The operators that are due at `now`, in chain order; their requests are fulfilled by this. */
  takeDue(now: number): number[] {
    this.#due = false;
    const due: number[] = [];
    let earliest = Infinity;
    for (let i = 0; i < this.#requested.length; i++) {
      const at = this.#requested[i] as number;
      if (at <= now) {
        this.#requested[i] = Infinity;
        due.push(i);
      } else if (at < earliest) {
        earliest = at;
      }
    }
    if (earliest !== this.#alarmAt) this.#setAlarm(earliest);
    return due;
  }

  stop(): void {
    this.#requested.fill(Infinity);
    this.#due = false;
    this.#setAlarm(Infinity);
  }

  #setAlarm(at: number): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = undefined;
    this.#alarmAt = at;
    if (at === Infinity) return;
    this.#cancelAlarm = this.#clock.at(at, () => {
      this.#alarmAt = Infinity;
      this.#cancelAlarm = undefined;
      this.#due = true;
      this.#wake();
    });
  }
}
