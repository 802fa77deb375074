// Running results of a keyed stream: every record yields its key's new value. Twin of KeyedFold in Python.
//
//   F1. What is emitted is a copy of what is kept: the operators behind may change their records, and the function may change
//       its first argument. (Not so with `pipeline.object-reuse`.)

import { carryMark } from '../bridge/codec/index.ts';
import { isolator } from '../runtime/isolate.ts';
import type { KeyedTable } from '../state/table.ts';
import type { Emit, MaybePromise, OperatorContext } from '../runtime/operator.ts';
import { isPromise } from '../runtime/output.ts';
import { settling } from '../runtime/settling.ts';
import type { OperatorRuntime } from './runtime-context.ts';
import { keyedTable } from './state-store.ts';
import { StatefulOperator } from './stateful-operator.ts';

/** Keeps one value a key and emits it after every record. */
export abstract class KeyedFold extends StatefulOperator {
  protected emit!: Emit;
  protected fold!: (held: unknown, value: unknown) => unknown;
  #values!: KeyedTable<unknown>;

  protected begin(
    ctx: OperatorContext,
    emit: Emit,
    fold: (held: unknown, value: unknown) => unknown,
  ): OperatorRuntime {
    const isolate = isolator(carryMark);
    const shares = ctx.settings.objectReuse;
    this.emit = shares ? emit : (value) => emit(isolate(value)); // F1
    this.fold = fold;
    this.#values = keyedTable(ctx, 'fold');
    return this.openRuntime(ctx);
  }

  process(value: unknown): MaybePromise<void> {
    const held = this.#values.get();
    if (held === undefined && !this.#values.has()) {
      this.#values.set(value);
      return this.emit(value);
    }
    const result = this.fold(held, value);
    if (isPromise(result)) {
      return settling(result).then((settled) => {
        this.#values.set(settled);
        return this.emit(settled);
      });
    }
    this.#values.set(result);
    return this.emit(result);
  }
}
