// Timers and windows of the clock go off when their millisecond is over, not when it begins: a record of that millisecond may
// still come, and would find its window gone. (Flink waits the one millisecond too.)

/** What to ask of `requestProcessingTime` for a call once the millisecond of `time` is over. */
export function onceOver(time: number): number {
  return Math.ceil(time) + 0.5;
}

/** The latest millisecond that is over when the clock says `now`. */
export function overAt(now: number): number {
  return Math.ceil(now) - 1;
}
