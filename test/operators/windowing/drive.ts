// Drives one window operator without a job around it: records, watermarks and the clock go in by hand.

import { systemMachine } from '../../../src/machine/system-machine.ts';
import { settingsOf } from '../../../src/config/resolve.ts';
import type { OperatorSpec } from '../../../src/graph/job-graph.ts';
import {
  type Clock,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type MaybePromise,
  type Operator,
  type OperatorContext,
} from '../../../src/runtime/operator.ts';
import { windowOperator } from '../../../src/operators/window.ts';
import { SubtaskMetricGroup } from '../../../src/runtime/metric-group.ts';
import { assignerAsData, triggerAsData } from '../../../src/operators/windowing/as-data.ts';
import type { SavedSubtask } from '../../../src/state/chunks.ts';
import { SubtaskStore } from '../../../src/state/store.ts';
import type { WindowOperation } from '../../../src/operators/windowing/operation.ts';

export type Given = Partial<WindowOperation> & Pick<WindowOperation, 'assigner'>;

export interface Emitted {
  key: unknown;
  timestamp: number;
  value: unknown;
}

type Config = Readonly<Record<string, string>>;

interface Place {
  subtask: number;
  parallelism: number;
  config?: Config;
}

/** State in the embedded store, with hardly a key in memory. */
export const ON_DISK: Config = {
  'state.backend.type': 'embedded',
  'isthmus.state.cache-entries': '2',
};

/** The operator of an operation, as the API makes it, and its functions by part. */
function specOf(given: WindowOperation): { spec: OperatorSpec; parts: Record<string, unknown> } {
  const windows = assignerAsData(given.assigner);
  const firing = given.trigger === undefined ? undefined : triggerAsData(given.trigger);
  const { function: fn, windowFunction } = given;
  const parts = { function: fn, windowFunction, ...windows.parts, ...firing?.parts };
  const ref = { language: 'typescript', form: 'closure', id: 0, name: 'window' } as const;
  const spec: OperatorSpec = {
    id: 1,
    kind: 'window',
    name: 'Window',
    language: 'typescript',
    chaining: 'always',
    params: {
      assigner: windows.said,
      ...(firing === undefined ? {} : { trigger: firing.said }),
      allowedLateness: given.allowedLatenessMs,
      ...(given.lateTag === undefined ? {} : { lateTag: given.lateTag }),
      how: given.how,
      allWindows: given.allWindows,
    },
    fns: Object.fromEntries(
      Object.entries(parts).flatMap(([part, each]) => (each === undefined ? [] : [[part, ref]])),
    ),
  };
  return { spec, parts };
}

export class WindowDriver {
  readonly emitted: Emitted[] = [];
  readonly late: unknown[] = [];
  now = 0;
  /** What `emit` gives; a promise makes every emission wait. */
  wait: () => MaybePromise<void> = () => undefined;
  readonly ctx: OperatorContext;
  readonly operator: Operator;
  readonly #store: SubtaskStore;
  readonly #releases: (() => void)[] = [];
  #dueAt = Infinity;

  private constructor(
    given: Given,
    { subtask, parallelism, config = {} }: Place,
    saved: readonly SavedSubtask[],
  ) {
    this.#store = new SubtaskStore({ subtask, parallelism, maxParallelism: 128 }, saved);
    const operation: WindowOperation = {
      trigger: undefined,
      allowedLatenessMs: 0,
      lateTag: 'late',
      how: 'process',
      function: Show,
      windowFunction: undefined,
      allWindows: false,
      ...given,
    };
    const clock: Clock = {
      ...systemMachine.clock,
      now: () => this.now,
      monotonic: () => this.now,
      at: () => () => {},
    };
    const { spec, parts } = specOf(operation);
    this.operator = windowOperator(spec);
    this.ctx = {
      spec,
      jobName: 'test',
      taskName: 'Window',
      subtask,
      parallelism,
      maxParallelism: 128,
      attempt: 0,
      mode: 'STREAMING',
      keyed: true,
      cursor: { timestamp: MIN_TIMESTAMP, key: undefined },
      state: this.#store.of('window'),
      metrics: new SubtaskMetricGroup(() => this.now),
      clock,
      random: Math.random,
      files: systemMachine.files,
      processes: systemMachine.processes,
      settings: settingsOf(config),
      watermark: MIN_TIMESTAMP,
      load: (part) => Promise.resolve(parts[part]),
      emitSide: (tag, value) => {
        if (tag === 'late') this.late.push(value);
        else this.emitted.push({ key: tag, timestamp: this.ctx.cursor.timestamp, value });
      },
      emitWatermark: () => undefined,
      emitIdle: () => undefined,
      requestProcessingTime: (at) => {
        this.#dueAt = Math.min(this.#dueAt, at);
      },
      onClose: (release) => this.#releases.push(release),
      log: () => {},
    };
  }

  static async open(
    given: Given,
    states: readonly SavedSubtask[] = [],
    place: Place = { subtask: 0, parallelism: 1 },
  ): Promise<WindowDriver> {
    const driver = new WindowDriver(given, place, states);
    await driver.operator.open?.(driver.ctx, (value) => {
      const { key, timestamp } = driver.ctx.cursor;
      driver.emitted.push({ key, timestamp, value });
      return driver.wait();
    });
    return driver;
  }

  snapshot(): SavedSubtask {
    return this.#store.freeze().saved();
  }

  record(key: unknown, value: unknown, timestamp = MIN_TIMESTAMP): MaybePromise<void> {
    this.ctx.cursor.key = key;
    this.ctx.cursor.timestamp = timestamp;
    return this.operator.process(value);
  }

  /** Never goes back. */
  async watermark(watermark: number): Promise<void> {
    if (watermark <= this.ctx.watermark) return;
    this.ctx.watermark = watermark;
    await this.operator.onWatermark?.(watermark);
  }

  /** Moves the clock to the end of a millisecond, stopping wherever the operator asked for it. */
  async clock(now: number): Promise<void> {
    while (Math.floor(this.#dueAt) <= now) {
      const due = this.#dueAt;
      this.now = Math.max(this.now, Math.floor(due));
      this.#dueAt = Infinity;
      await this.operator.onProcessingTime?.(Math.max(this.now, due));
    }
    this.now = now;
  }

  async end(): Promise<void> {
    await this.watermark(MAX_TIMESTAMP);
    await this.close();
  }

  async close(): Promise<void> {
    await this.operator.close?.();
    for (const release of this.#releases.splice(0)) release();
  }

  /** What was emitted since the last call. */
  take(): unknown[] {
    return this.emitted.splice(0).map(({ value }) => value);
  }

  takeLate(): unknown[] {
    return this.late.splice(0);
  }
}

interface TimeWindowLike {
  start: number;
  end: number;
}

/** Emits key, start and end of the window, and its records. */
export class Show {
  process(key: unknown, ctx: { window(): TimeWindowLike }, values: unknown[]): unknown[] {
    const { start, end } = ctx.window();
    return [[key, start, end, [...values]]];
  }
}

/** Emits the records of a window. */
export class Values {
  process(_key: unknown, _ctx: unknown, values: unknown[]): unknown[] {
    return [[...values]];
  }
}

/** A driver that shows the records of windows, unless another function is given. */
export function open(given: Given, config?: Config): Promise<WindowDriver> {
  const place = { subtask: 0, parallelism: 1, ...(config === undefined ? {} : { config }) };
  return WindowDriver.open({ function: Values, ...given }, [], place);
}

/** What a promise fails with, as text. */
export function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (thrown: unknown) => String(thrown),
  );
}
