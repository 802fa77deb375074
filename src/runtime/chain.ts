// The operators of a task, one behind the other: how records, event time, barriers and the end of input go through them. A
// subtask drives it, and so do the harnesses of tests. Twin of python/isthmus/_worker/runtime/chain.py.
//
//   C1. A watermark passes the operators in chain order, each having fired what is due before the next one is told.
//   C2. Each operator sees the final watermark and finishes before the next one does.

import type { BarrierKind } from '../bridge/frame.ts';
import {
  type ChainLink,
  type ChainTimer,
  type Entries,
  controlTo,
  guarded,
  joinLinks,
} from './chain-links.ts';
import type { ControlElement } from './element.ts';
import { type Cursor, type Emit, MAX_TIMESTAMP, type MaybePromise } from './operator.ts';

export class Chain implements Entries {
  readonly links: readonly ChainLink[];
  readonly first: Emit;
  readonly second: Emit;
  readonly emits: readonly Emit[];
  readonly timer: ChainTimer;
  /** The watermark that left the chain last, and whether it is idle. */
  #told: number | undefined;
  #idle = false;

  /** `collect` takes what the last operator emits when no exchange does. */
  constructor(
    links: readonly ChainLink[],
    cursor: Cursor,
    keyed: boolean,
    timer: ChainTimer,
    collect?: Emit,
  ) {
    this.links = links;
    this.timer = timer;
    const { first, second, emits } = joinLinks(links, cursor, keyed, timer, collect);
    this.first = first;
    this.second = second;
    this.emits = emits;
  }

  /** C1, from operator `start` on. */
  watermark(start: number, watermark: number): MaybePromise<void> {
    for (let i = start; i < this.links.length; i++) {
      const link = this.links[i] as ChainLink;
      const fired = fire(link, this.timer, watermark);
      if (fired !== undefined) {
        return fired.then(() => (holds(link, watermark) ? undefined : this.#tell(i, watermark)));
      }
      if (holds(link, watermark)) return undefined;
      const told = controlTo(link, { kind: 'watermark', timestamp: watermark });
      if (told !== undefined) return told.then(() => this.watermark(i + 1, watermark));
    }
    this.#told = watermark;
    return undefined;
  }

  /** As of a watermark before operator `start`. One that makes watermarks of its own says itself when it is idle. */
  idleness(start: number, idle: boolean): MaybePromise<void> {
    for (let i = start; i < this.links.length; i++) {
      const link = this.links[i] as ChainLink;
      if (link.operator?.holdsWatermarks === true) return link.operator.onIdle?.(idle);
      const told = controlTo(link, { kind: 'idle', idle });
      if (told !== undefined) return told.then(() => this.idleness(i + 1, idle));
    }
    this.#idle = idle;
    return undefined;
  }

  /** A watermark of operator `i`'s own, or a change of its idleness. */
  generated(i: number, made: number | boolean): MaybePromise<void> {
    if (typeof made === 'number') return this.#tell(i, made);
    const told = controlTo(this.links[i] as ChainLink, { kind: 'idle', idle: made });
    return told === undefined
      ? this.idleness(i + 1, made)
      : told.then(() => this.idleness(i + 1, made));
  }

  #tell(i: number, watermark: number): MaybePromise<void> {
    const element: ControlElement = { kind: 'watermark', timestamp: watermark };
    const told = controlTo(this.links[i] as ChainLink, element);
    return told === undefined
      ? this.watermark(i + 1, watermark)
      : told.then(() => this.watermark(i + 1, watermark));
  }

  /** Where the task is, for who watches the job. */
  get eventTime(): { watermark: number | undefined; idle: boolean } {
    return { watermark: this.#told, idle: this.#idle };
  }

  /** Processing time has reached `now`, for which the operators `due` have asked. */
  processingTime(now: number, due: readonly number[], from = 0): MaybePromise<void> {
    for (let i = from; i < due.length; i++) {
      const link = this.links[due[i] as number] as ChainLink;
      const fired = this.timer.fire(link, () =>
        guarded(link, () => link.operator?.onProcessingTime?.(now), true),
      );
      if (fired !== undefined) return fired.then(() => this.processingTime(now, due, i + 1));
    }
    return undefined;
  }

  /** What operators had gathered leaves, from head to tail: each has what those before it have emitted. */
  async beforeBarrier(checkpoint: number, of: BarrierKind): Promise<void> {
    for (const link of this.links) {
      await guarded(link, () => link.operator?.beforeBarrier?.(checkpoint, of));
    }
  }

  /** Sinks commit what a checkpoint covers; gives when (ms) some are to be told again, whose commits have failed. */
  async commit(checkpoint: number): Promise<number | undefined> {
    let again: number | undefined;
    for (const link of this.links) {
      await guarded(link, async () => {
        const at = await link.operator?.notifyCheckpointComplete?.(checkpoint);
        if (at !== undefined) again = Math.min(at, again ?? at);
      });
    }
    return again;
  }

  /** The end of input (C2). */
  async finish(): Promise<void> {
    for (const link of this.links) {
      await fire(link, this.timer, MAX_TIMESTAMP);
      await this.timer.fire(link, () => guarded(link, () => link.operator?.finish?.()));
      await controlTo(link, { kind: 'watermark', timestamp: MAX_TIMESTAMP });
    }
  }

  /** To the exchanges behind all operators. */
  control(element: ControlElement): void {
    for (const link of this.links) void controlTo(link, element);
  }
}

function fire(link: ChainLink, timer: ChainTimer, watermark: number): MaybePromise<void> {
  if (link.context !== undefined) {
    if (watermark <= link.context.watermark) return undefined;
    link.context.watermark = watermark;
  }
  const { operator } = link;
  if (operator?.onWatermark === undefined) return undefined;
  return timer.fire(link, () => guarded(link, () => operator.onWatermark?.(watermark), true));
}

function holds(link: ChainLink, watermark: number): boolean {
  return link.operator?.holdsWatermarks === true && watermark < MAX_TIMESTAMP;
}
