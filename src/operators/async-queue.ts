// The order in which results of asynchronous calls leave, and watermarks between them.
//
//   - Ordered: calls leave in the order of their records. Unordered: as they end.
//   - No call passes a mark (a watermark, news that the input is idle), in either order, and no mark a call.

import { Fifo } from '../runtime/fifo.ts';

/** One record on its way. */
export class Call {
  readonly value: unknown;
  readonly timestamp: number;
  readonly key: unknown;
  /** When it has to be over, by the clock; Infinity where there is no limit. */
  readonly deadline: number;
  /** Attempts so far; what an earlier attempt still gives is nobody's. */
  attempt = 0;
  state: 'pending' | 'done' | 'failed' = 'pending';
  /** Results, or what was thrown. */
  outcome: unknown = undefined;
  readonly segment: Segment;

  constructor(segment: Segment, value: unknown, timestamp: number, key: unknown, deadline: number) {
    this.segment = segment;
    this.value = value;
    this.timestamp = timestamp;
    this.key = key;
    this.deadline = deadline;
  }
}

/** What goes between calls. */
export interface Mark {
  watermark: number | undefined;
  idle: boolean | undefined;
}

/** The calls up to a mark. */
class Segment {
  /** Calls of this segment that have not left. */
  readonly waiting = new Set<Call>();
  /** Those that are over, as they ended; only where results are unordered. */
  readonly ended = new Fifo<Call>();
  mark: Mark | undefined;
}

export class AsyncQueue {
  readonly #ordered: boolean;
  readonly #segments = new Fifo<Segment>();
  #size = 0;

  constructor(ordered: boolean) {
    this.#ordered = ordered;
  }

  /** Calls that have not left. */
  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  add(value: unknown, timestamp: number, key: unknown, deadline: number): Call {
    let segment = this.#segments.last();
    if (segment === undefined || segment.mark !== undefined) {
      segment = new Segment();
      this.#segments.push(segment);
    }
    const call = new Call(segment, value, timestamp, key, deadline);
    segment.waiting.add(call);
    this.#size++;
    return call;
  }

  /** A mark behind all calls; the queue must not be empty. */
  addMark(mark: Partial<Mark>): void {
    const segment = this.#segments.last() as Segment;
    segment.mark ??= { watermark: undefined, idle: undefined };
    Object.assign(segment.mark, mark);
  }

  /** Idleness that is still to leave is none any more. */
  forgetIdle(): void {
    for (const { mark } of this.#inOrder()) if (mark !== undefined) mark.idle = undefined;
  }

  /** The call is over. */
  ended(call: Call): void {
    if (!this.#ordered) call.segment.ended.push(call);
  }

  /** What may leave now, taken out; undefined where nothing may. */
  take(): Call | Mark | undefined {
    const segment = this.#segments.peek();
    if (segment === undefined) return undefined;
    const call = this.#next(segment);
    if (call !== undefined) {
      segment.waiting.delete(call);
      this.#size--;
      // A segment without a mark that is empty is over.
      if (segment.waiting.size === 0 && segment.mark === undefined) this.#segments.shift();
      return call;
    }
    if (segment.waiting.size > 0) return undefined;
    this.#segments.shift();
    return segment.mark;
  }

  /** Whether `take` has something to give. */
  get isReady(): boolean {
    const segment = this.#segments.peek();
    if (segment === undefined) return false;
    if (segment.waiting.size === 0) return true;
    return this.#ordered ? first(segment).state !== 'pending' : segment.ended.length > 0;
  }

  *calls(): Generator<Call> {
    for (const { waiting } of this.#inOrder()) yield* waiting;
  }

  #inOrder(): Segment[] {
    const segments: Segment[] = [];
    for (let n = this.#segments.length; n > 0; n--) {
      const segment = this.#segments.shift() as Segment;
      segments.push(segment);
      this.#segments.push(segment);
    }
    return segments;
  }

  #next(segment: Segment): Call | undefined {
    if (!this.#ordered) return segment.ended.shift();
    if (segment.waiting.size === 0) return undefined;
    const call = first(segment);
    return call.state === 'pending' ? undefined : call;
  }
}

/** A Set gives what was added first. */
function first(segment: Segment): Call {
  return segment.waiting.values().next().value as Call;
}
