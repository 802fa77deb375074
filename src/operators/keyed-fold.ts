// Running results of a keyed stream: every record yields its key's new value. Twin of KeyedFold in Python.
//
//   F1. What is emitted is a copy of what is kept: the operators behind may change their records, and the function may change
//       its first argument. (Not so with `pipeline.object-reuse`.)

import { carryMark } from '../bridge/codec/index.ts';
import { flag } from '../config/resolve.ts';
import { isolator } from '../runtime/isolate.ts';
import { KeyOriginals } from '../state/key-identity.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { fromGroups, toGroups } from './windowing/partition.ts';

/** Keeps one value a key and emits it after every record. */
export abstract class KeyedFold implements Operator {
  protected ctx!: OperatorContext;
  protected emit!: Emit;
  protected fold!: (held: unknown, value: unknown) => unknown;
  readonly #values = new Map<unknown, unknown>();
  readonly #originals = new KeyOriginals();
  #restored: unknown[] = [];

  protected begin(
    ctx: OperatorContext,
    emit: Emit,
    fold: (held: unknown, value: unknown) => unknown,
  ): void {
    this.ctx = ctx;
    const isolate = isolator(carryMark);
    const shares = flag(ctx.config, 'pipeline.object-reuse');
    this.emit = shares ? emit : (value) => emit(isolate(value)); // F1
    this.fold = fold;
    for (const [key, value] of fromGroups(ctx, this.#restored)) {
      this.#values.set(this.#originals.keep(key), value);
    }
    this.#restored = [];
  }

  process(value: unknown): MaybePromise<void> {
    const key = this.#originals.keep(this.ctx.cursor.key);
    const held = this.#values.get(key);
    if (held === undefined && !this.#values.has(key)) {
      this.#values.set(key, value);
      return this.emit(value);
    }
    const result = this.fold(held, value);
    if (isPromise(result)) {
      return result.then((settled) => {
        this.#values.set(key, settled);
        return this.emit(settled);
      });
    }
    this.#values.set(key, result);
    return this.emit(result);
  }

  snapshot(): unknown {
    const { ctx } = this;
    const originals = this.#originals;
    const values = this.#values;
    return toGroups(
      ctx,
      (function* entries(): Generator<[unknown, unknown]> {
        for (const [identity, value] of values) yield [originals.key(identity), value];
      })(),
    );
  }

  restore(states: unknown[]): void {
    this.#restored = states;
  }
}
