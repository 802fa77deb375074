// Models that keep all records and look at all windows, and scripts to hold the engines against them.

import fc from 'fast-check';
import { MAX_TIMESTAMP } from '../../../src/runtime/operator.ts';
import { type Given, WindowDriver } from './drive.ts';

/** A record `[key, timestamp]`, or a watermark `[undefined, timestamp]`. */
export type Step = readonly [key: string | undefined, timestamp: number];

const record = fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: -12, max: 40 }));
const watermark = fc.tuple(fc.constant(undefined), fc.integer({ min: -12, max: 45 }));

const anything = fc.array(
  fc.oneof({ weight: 3, arbitrary: record }, { weight: 1, arbitrary: watermark }),
  { maxLength: 40 },
);

/** Time goes on step by step; records are a little behind it, watermarks too. */
const flowing = fc
  .array(
    fc.tuple(
      fc.constantFrom('a', 'b', 'a', 'b', undefined),
      fc.constantFrom(0, 0, 1, 3),
      fc.integer({ min: 0, max: 9 }),
    ),
    { maxLength: 60 },
  )
  .map((steps) => {
    let now = -5;
    return steps.map(([key, passed, behind]): Step => {
      now += passed;
      return [key, now - behind];
    });
  });

export const scripts: fc.Arbitrary<Step[]> = fc.oneof(anything, flowing);

/** What a window showed: key, start, end, numbers of its records in the script. */
export type Shown = [key: string, start: number, end: number, numbers: number[]];

export interface Outcome {
  /** By step; the last is the end. */
  fired: Shown[][];
  late: number[];
}

/** Feeds the script, each record by its number; the final watermark ends it. */
export async function play(
  given: Given,
  script: readonly Step[],
  config: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const driver = await WindowDriver.open(given, [], { subtask: 0, parallelism: 1, config });
  const fired = await playOn(driver, script);
  await driver.end();
  fired.push(driver.take() as Shown[]);
  return { fired, late: driver.takeLate() as number[] };
}

export async function playOn(
  driver: WindowDriver,
  script: readonly Step[],
  from = 0,
): Promise<Shown[][]> {
  const fired: Shown[][] = [];
  for (const [i, [key, timestamp]] of script.entries()) {
    if (key === undefined) await driver.watermark(timestamp);
    else await driver.record(key, from + i, timestamp);
    fired.push(driver.take() as Shown[]);
  }
  return fired;
}

/** Keeps every window ever seen; fires those whose end has come. */
export function naiveTimeWindows(
  [size, slide, offset, lateness]: readonly [number, number, number, number],
  script: readonly Step[],
): Outcome {
  let watermark = -Infinity;
  const windows = new Map<string, { key: string; start: number; numbers: number[] }>();
  let pending: string[] = [];
  const outcome: Outcome = { fired: [], late: [] };
  const show = (id: string): Shown => {
    const { key, start, numbers } = windows.get(id) as NonNullable<ReturnType<typeof windows.get>>;
    return [key, start, start + size, [...numbers]];
  };
  for (const [n, [key, timestamp]] of [...script, [undefined, MAX_TIMESTAMP] as Step].entries()) {
    const fired: Shown[] = [];
    if (key === undefined) {
      watermark = Math.max(watermark, timestamp);
      const due = pending.filter((id) => (show(id)[2] as number) - 1 <= watermark);
      pending = pending.filter((id) => !due.includes(id));
      fired.push(...due.map(show).sort((a, b) => a[1] - b[1]));
      for (const id of windows.keys()) {
        if (show(id)[2] - 1 + lateness <= watermark) windows.delete(id);
      }
    } else {
      let taken = false;
      for (let start = timestamp; start > timestamp - size; start--) {
        if ((start - offset) % slide !== 0 || start + size - 1 + lateness <= watermark) continue;
        taken = true;
        const id = `${key} ${start}`;
        const isOver = start + size - 1 <= watermark;
        if (!windows.has(id)) {
          windows.set(id, { key, start, numbers: [] });
          if (!isOver) pending.push(id);
        }
        windows.get(id)?.numbers.push(n);
        if (isOver) fired.push(show(id));
      }
      if (!taken && timestamp + lateness <= watermark) outcome.late.push(n);
    }
    outcome.fired.push(fired);
  }
  return outcome;
}

interface Session {
  key: string;
  start: number;
  end: number;
  numbers: number[];
  fired: boolean;
}

/** `gapOf` gives the gap of the record of a number. */
export function naiveSessions(
  gapOf: (n: number) => number,
  lateness: number,
  script: readonly Step[],
): Outcome {
  let watermark = -Infinity;
  let sessions: Session[] = [];
  const outcome: Outcome = { fired: [], late: [] };
  const show = ({ key, start, end, numbers }: Session): Shown => [
    key,
    start,
    end,
    [...numbers].sort((a, b) => a - b),
  ];
  for (const [n, [key, timestamp]] of [...script, [undefined, MAX_TIMESTAMP] as Step].entries()) {
    const fired: Shown[] = [];
    outcome.fired.push(fired);
    if (key === undefined) {
      watermark = Math.max(watermark, timestamp);
      for (const session of [...sessions].sort((a, b) => a.end - b.end)) {
        if (session.fired || session.end - 1 > watermark) continue;
        session.fired = true;
        fired.push(show(session));
      }
      sessions = sessions.filter(({ end }) => end - 1 + lateness > watermark);
      continue;
    }
    let start = timestamp;
    let end = timestamp + gapOf(n);
    const touching = sessions.filter((s) => s.key === key && s.start <= end && s.end >= start);
    for (const session of touching) {
      start = Math.min(start, session.start);
      end = Math.max(end, session.end);
    }
    if (end - 1 + lateness <= watermark) {
      if (timestamp + lateness <= watermark) outcome.late.push(n);
      continue;
    }
    const only = touching.length === 1 ? touching[0] : undefined;
    const grown = only?.start !== start || only.end !== end;
    const numbers = [...touching.flatMap((session) => session.numbers), n];
    const merged = { key, start, end, numbers, fired: !grown && only?.fired === true };
    sessions = [...sessions.filter((session) => !touching.includes(session)), merged];
    if (end - 1 <= watermark) {
      merged.fired = true;
      fired.push(show(merged));
    }
  }
  return outcome;
}

/** Keys of one window have no order among each other, and records of one that was put together neither. */
export function unordered(outcome: Outcome): Outcome {
  return {
    late: outcome.late,
    fired: outcome.fired.map((step) =>
      step
        .map(
          ([key, start, end, numbers]): Shown => [
            key,
            start,
            end,
            [...numbers].sort((a, b) => a - b),
          ],
        )
        .sort((a, b) => a[2] - b[2] || a[0].localeCompare(b[0])),
    ),
  };
}
