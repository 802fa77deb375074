// The links of a chain, each pushing what its operator makes into the next and into the exchanges that leave behind it.
//
//   C1. The exchanges behind an operator get a record before the next operator does: outputs copy what they take, so
//       that an operator that changes its input in place changes nobody else's.
//   C2. A failure is blamed on the operator in which it happened, with the record that operator was given.
//   C3. Of what is synchronous nothing is allocated per record; a promise is passed up as it is when nothing is to follow.
//   C4. No more than DEEPEST operators stand on each other's stack: the next one begins on a stack of its own, so that
//       functions have the frames they would have alone, however long the chain.

import type { OperatorSpec } from '../graph/job-graph.ts';
import type { ControlElement } from './element.ts';
import type { BlamedOperator, InFlight } from './failure.ts';
import type { Cursor, Emit, MaybePromise, Operator, OperatorContext } from './operator.ts';
import type { OutputChannel } from './output-channel.ts';
import type { SplitDriver } from './split-driver.ts';

const DEEPEST = 100;

/** Where records and control elements leave a chain. */
export interface Exchange {
  readonly channels: readonly OutputChannel[];
  /** Takes a record with the cursor's timestamp; a promise where the emitter has to wait for room. */
  emit(value: unknown): MaybePromise<void>;
  /** A promise where whoever reads it has it at once, as in tests. */
  control(element: ControlElement): MaybePromise<void>;
}

/** One operator in its place in the chain. */
export interface ChainLink {
  readonly spec: OperatorSpec;
  readonly place: BlamedOperator;
  /** What is to be thrown for what the operator has. */
  readonly blame: (thrown: unknown, inFlight: InFlight) => unknown;
  /** Absent where a source stands at the head of the chain, which the subtask pulls. */
  readonly operator: Operator | undefined;
  readonly source: SplitDriver | undefined;
  /** Exchanges of the main output behind this operator. */
  readonly outputs: Exchange[];
  /** Exchanges of side outputs, by tag. */
  readonly sideOutputs: Map<string, Exchange[]>;
  context: OperatorContext | undefined;
  /** Called when the operator has been closed. */
  readonly releases: (() => void)[];
  in: number;
  out: number;
  /** Own time of the records that were timed. */
  timedMs: number;
  /** Own time of what was no record's: timers, watermarks, the end of input, reading a source. */
  firedMs: number;
  slowReported: boolean;
}

/** Results of something that fires that are timed; those behind them are taken to be alike. */
const TIMED_RESULTS = 64;

/** Switched on for one record in some: timing each would cost more than the operators do. */
export class ChainTimer {
  on = false;
  /** Whether records of the input are on their way: their time is taken by the chunk. */
  inRun = false;
  /** Time spent below the operator being timed. */
  innerMs = 0;
  /** Own times of what is behind an operator that fires. */
  #fired: Map<ChainLink, number> | undefined;
  #left = 0;
  #depth = 0;
  #firedAt = 0;
  /** How long the results took that were timed; undefined while there are still some to be. */
  #timedMs: number | undefined;
  readonly #now: () => number;
  readonly #slow: (link: ChainLink, ms: number) => void;
  readonly #slowMs: number;

  constructor(now: () => number, slowMs: number, slow: (link: ChainLink, ms: number) => void) {
    this.#now = now;
    this.#slowMs = slowMs;
    this.#slow = slow;
  }

  time(link: ChainLink, process: Emit, value: unknown): MaybePromise<void> {
    const outerMs = this.innerMs;
    this.innerMs = 0;
    this.#depth++;
    const start = this.#now();
    try {
      return process(value);
    } finally {
      const total = this.#now() - start;
      const own = total - this.innerMs;
      if (this.#fired === undefined) link.timedMs += own;
      else this.#fired.set(link, (this.#fired.get(link) ?? 0) + own);
      this.innerMs = outerMs + total;
      this.#depth--;
      if (this.#fired !== undefined && this.#depth === 0 && --this.#left === 0) {
        this.#timedMs = start + total - this.#firedAt;
        this.on = false;
      }
      if (own > this.#slowMs && !link.slowReported) {
        link.slowReported = true;
        this.#slow(link, own);
      }
    }
  }

  /** What an operator does without a record (timers, watermarks, the end of input), with what comes of it in the chain. */
  fire(link: ChainLink, run: () => MaybePromise<void>): MaybePromise<void> {
    if (this.inRun || this.#fired !== undefined) return run();
    const fired = new Map<ChainLink, number>();
    this.#fired = fired;
    this.#left = TIMED_RESULTS;
    this.#timedMs = undefined;
    this.innerMs = 0;
    this.on = true;
    this.#firedAt = this.#now();
    try {
      return run();
    } finally {
      const total = this.#now() - this.#firedAt;
      const timed = this.#timedMs ?? total;
      const scale = timed > 0 ? total / timed : 1;
      link.firedMs += (timed - this.innerMs) * scale;
      for (const [behind, ms] of fired) behind.firedMs += ms * scale;
      this.#fired = undefined;
      this.on = false;
    }
  }

  /** Time that is the operator's alone. */
  alone<T>(link: ChainLink, run: () => T): T {
    const start = this.#now();
    try {
      return run();
    } finally {
      link.firedMs += this.#now() - start;
    }
  }
}

/** What pushes records into a chain, and on in it. */
export interface Entries {
  /** Takes a record of input 0, or of the source. */
  readonly first: Emit;
  /** Takes a record of input 1. */
  readonly second: Emit;
  /** emits[i]: what operator i calls with a result. */
  readonly emits: readonly Emit[];
}

/** `collect` takes what the last operator emits when no exchange does. */
export function joinLinks(
  links: readonly ChainLink[],
  cursor: Cursor,
  keyed: boolean,
  timer: ChainTimer,
  collect: Emit | undefined,
): Entries {
  const emits: Emit[] = [];
  let next: Emit | undefined = collect;
  for (let i = links.length - 1; i >= 0; i--) {
    const link = links[i] as ChainLink;
    const emit = emitOf(link, next, cursor);
    emits[i] = emit;
    if (link.operator !== undefined) next = entry(link, 'process', cursor, keyed, timer);
    else next = emit;
    if (i > 0 && i % DEEPEST === 0) next = onOwnStack(next, cursor); // C4
  }
  const head = links[0] as ChainLink;
  const first = next as Emit;
  const second =
    head.operator?.processSecond === undefined
      ? first
      : entry(head, 'processSecond', cursor, keyed, timer);
  return { first, second, emits };
}

/** Calls the operator of `link`, counts, times now and then, and blames it for what it throws (C2). */
function entry(
  link: ChainLink,
  method: 'process' | 'processSecond',
  cursor: Cursor,
  keyed: boolean,
  timer: ChainTimer,
): Emit {
  const operator = link.operator as Operator;
  const process: Emit =
    method === 'process'
      ? (value) => operator.process(value)
      : (value) => operator.processSecond?.(value);
  const fail = (thrown: unknown, value: unknown, key: unknown): never => {
    throw link.blame(thrown, { record: value, hasRecord: true, key, hasKey: keyed });
  };
  return (value) => {
    link.in++;
    let result: MaybePromise<void>;
    try {
      result = timer.on ? timer.time(link, process, value) : process(value);
    } catch (thrown) {
      return fail(thrown, value, cursor.key);
    }
    if (result === undefined) return undefined; // C3
    const key = cursor.key;
    return result.then(undefined, (thrown: unknown) => fail(thrown, value, key));
  };
}

function onOwnStack(push: Emit, cursor: Cursor): Emit {
  return (value) => {
    const { timestamp, key } = cursor;
    return Promise.resolve().then(() => {
      cursor.timestamp = timestamp;
      cursor.key = key;
      return push(value);
    });
  };
}

function emitOf(link: ChainLink, next: Emit | undefined, cursor: Cursor): Emit {
  const { outputs } = link;
  if (outputs.length === 0) {
    if (next === undefined) {
      return () => {
        link.out++;
      };
    }
    const push = next;
    return (value) => {
      link.out++;
      return push(value);
    };
  }
  const only = outputs[0] as Exchange;
  if (outputs.length === 1 && next === undefined) {
    return (value) => {
      link.out++;
      return only.emit(value);
    };
  }
  return (value) => {
    link.out++;
    const waiting = emitToAll(outputs, value); // C1
    if (next === undefined) return waiting;
    if (waiting === undefined) return next(value);
    const { timestamp, key } = cursor;
    return waiting.then(() => {
      cursor.timestamp = timestamp;
      cursor.key = key;
      return next(value);
    });
  };
}

/** Emits to each; a promise when any of them has to wait. */
export function emitToAll(outputs: readonly Exchange[], value: unknown): MaybePromise<void> {
  let waiting: Promise<void> | undefined;
  for (const output of outputs) {
    const wait = output.emit(value);
    if (wait === undefined) continue;
    waiting = waiting === undefined ? wait : Promise.all([waiting, wait]).then(nothing);
  }
  return waiting;
}

/** Tells all exchanges behind an operator. */
export function controlTo(link: ChainLink, element: ControlElement): MaybePromise<void> {
  let told = toEach(link.outputs, element);
  for (const outputs of link.sideOutputs.values()) told = both(told, toEach(outputs, element));
  return told;
}

function toEach(outputs: readonly Exchange[], element: ControlElement): MaybePromise<void> {
  let told: MaybePromise<void> = undefined;
  for (const output of outputs) told = both(told, output.control(element));
  return told;
}

function both(one: MaybePromise<void>, other: MaybePromise<void>): MaybePromise<void> {
  if (one === undefined || other === undefined) return one ?? other;
  return Promise.all([one, other]).then(nothing);
}

/**
 * Runs what an operator does without a record (timers, watermarks, open, close), blaming it for what it throws. `fires`: what
 * it does is for the key that the cursor has then.
 */
export function guarded(
  link: ChainLink,
  run: () => MaybePromise<void>,
  fires = false,
): MaybePromise<void> {
  const fail = (thrown: unknown): never => {
    const { context } = link;
    const hasKey = fires && context?.keyed === true;
    const key = hasKey ? context.cursor.key : undefined;
    throw link.blame(thrown, { hasRecord: false, hasKey, key });
  };
  try {
    const result = run();
    return result === undefined ? undefined : result.then(undefined, fail);
  } catch (thrown) {
    return fail(thrown);
  }
}

function nothing(): void {}
