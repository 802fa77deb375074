// A worker that calls are sent to: a long job of its own, of a source that is fed here, one asynchronous operator whose function is
// python/isthmus/_worker/operators/calls.py, and a sink that hands the answers back. One job a worker, so that a worker that dies
// takes nothing else with it.
//
// What is sent is answered once, in any order; or the lane ends, and its owner is told why. What is sent in one turn of the event
// loop travels together, and further batches form by themselves while the worker is busy.

import type { FunctionRef } from '../graph/job-graph.ts';
import type { JobExecution } from '../runtime/job-execution.ts';
import { type Source, type SourceBatch, type SourceReader, listed } from '../runtime/source.ts';
import { type BuiltGraph, GraphBuilder, type GraphSettings } from './graph-builder.ts';
import { PyFunction } from './python-function.ts';

/** What an answer is: what the call gave, a report of what it failed with, or that it was ended before it had begun. */
export type Outcome = 0 | 1 | 2;
export const DONE = 0;
export const FAILED = 1;

export type Answer = readonly [call: number, outcome: Outcome, given: Uint8Array];

/** `of` is the number of a function, or of the call that is to be cancelled. */
export type Sent = readonly [
  call: number,
  what: 'open' | 'call' | 'cancel' | 'close',
  of: number,
  given: FunctionRef | Uint8Array | null,
];

export interface LaneEvents {
  answers: (answers: readonly Answer[]) => void;
  /** It has ended by itself; `error` where it failed. Told once, and never after `end` or `discard`. */
  ended: (error: unknown) => void;
}

/** Starts the job of a lane. */
export type StartLane = (
  built: BuiltGraph,
  onResults: (operator: number, subtask: number, values: unknown[]) => void,
) => JobExecution;

const NAME = 'Calls';
/** Calls are counted by who sends them; the operator takes all. */
const NO_BOUND = 1_000_000;
const MODULE = 'isthmus._worker.operators.calls';
/** What a frame holds beside the one call that fills it. */
const FRAME_S_OWN_BYTES = 1_024;

/** The largest that arguments or a result may be, encoded. */
export function largestCall({ settings }: GraphSettings): number {
  return settings.maxFrameBytes - FRAME_S_OWN_BYTES;
}

export class CallLane {
  readonly #feed = new Feed();
  readonly #job: JobExecution;
  #isOver = false;

  constructor(start: StartLane, settings: GraphSettings, { answers, ended }: LaneEvents) {
    this.#job = start(laneGraph(settings, this.#feed), (_operator, _subtask, values) => {
      if (!this.#isOver) answers(values as Answer[]);
    });
    const tell = (error?: unknown) => {
      if (this.#isOver) return;
      this.#isOver = true;
      ended(error);
    };
    this.#job.result.then(() => tell(), tell);
  }

  send(record: Sent): void {
    this.#feed.push(record);
  }

  /** In order: the worker goes back to the pool. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#feed.end();
    await this.#job.result.catch(() => {});
  }

  /** At once, with whatever the worker is at. */
  async discard(): Promise<void> {
    this.#isOver = true;
    await this.#job.cancel('The worker of calls is replaced.');
  }
}

function laneGraph(settings: GraphSettings, feed: Feed): BuiltGraph {
  const builder = new GraphBuilder();
  const source = builder.add({
    kind: 'source',
    name: NAME,
    fns: { connector: feed },
    params: { bounded: false },
    nonParallel: true,
  });
  const calls = builder.add({
    kind: 'async',
    name: NAME,
    fns: {
      function: new PyFunction(
        { module: MODULE },
        'Calls',
        { args: [largestCall(settings)] },
        undefined,
      ),
    },
    params: { timeout: 0, capacity: NO_BOUND, ordered: false },
    inputs: [{ from: source, partitioning: { kind: 'auto' }, input: 0 }],
  });
  const sink = builder.add({
    kind: 'sink',
    connector: 'collect',
    name: NAME,
    language: 'typescript',
    inputs: [{ from: calls, partitioning: { kind: 'auto' }, input: 0 }],
  });
  return builder.build(
    {
      ...settings,
      name: NAME,
      parallelism: 1,
      runtimeMode: 'STREAMING',
      // Who has sent something is told of the end; and calls have time limits of their own.
      settings: {
        ...settings.settings,
        parallelism: 1,
        runtimeMode: 'STREAMING',
        restartStrategy: 'none',
        pythonRecordTimeoutMs: 0,
      },
    },
    [sink],
  );
}

const SPLIT = 'calls';

/** A source of what is pushed, without end until it is told. */
class Feed implements Source<Sent> {
  readonly replays = false;
  #waiting: Sent[] = [];
  #isOver = false;
  #wake: (() => void) | undefined;

  push(record: Sent): void {
    this.#waiting.push(record);
    this.#wake?.();
  }

  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  enumerator() {
    return listed([{ id: SPLIT, of: null, subtask: 0 }]);
  }

  reader(): SourceReader<Sent> {
    return {
      add() {},
      next: () => this.#next(),
      finish: () => this.end(),
      close: () => this.end(),
    };
  }

  async #next(): Promise<SourceBatch<Sent>> {
    if (this.#waiting.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const values = this.#waiting;
    this.#waiting = [];
    return { split: SPLIT, values, ends: values.length === 0 };
  }
}
