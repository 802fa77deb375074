// Calls the window function with a window's contents; sets key and timestamp of what it emits.

import { WindowFailure } from '../../runtime/failure.ts';
import { type UserFunction, userFunction } from '../../runtime/functions.ts';
import type { Cursor, Emit, MaybePromise, OperatorContext } from '../../runtime/operator.ts';
import { isPromise } from '../../runtime/output.ts';
import { settling } from '../../runtime/settling.ts';
import { emitEach } from '../emit-each.ts';
import type { WindowLike } from './assigner.ts';
import type { Contents } from './contents.ts';
import type { WindowOperation } from './operation.ts';
import type { WindowFunctionContext } from './window-context.ts';

type Call = (key: unknown, window: WindowLike, elements: unknown[]) => unknown;

interface Clearing {
  clear(ctx: WindowFunctionContext): MaybePromise<void>;
}

/** Turns a window's contents into results. */
export class Emission {
  /** Whether the function wants to be told of the end of windows. */
  readonly clears: boolean;
  readonly #ctx: OperatorContext;
  readonly #cursor: Cursor;
  readonly #emit: Emit;
  readonly #contents: Contents;
  readonly #context: WindowFunctionContext;
  readonly #user: UserFunction | undefined;
  readonly #call: Call | undefined;
  readonly #clearing: Clearing | undefined;
  readonly #method: string = '';
  readonly #allWindows: boolean;
  /** What the function calls an element. */
  readonly #element: (kept: unknown) => unknown;

  constructor(
    operation: WindowOperation,
    contents: Contents,
    context: WindowFunctionContext,
    ctx: OperatorContext,
    emit: Emit,
  ) {
    this.#ctx = ctx;
    this.#cursor = ctx.cursor;
    this.#emit = emit;
    this.#contents = contents;
    this.#context = context;
    this.#allWindows = operation.allWindows;
    this.#element = operation.element ?? ((kept) => kept);
    const given = contents.isList ? operation.function : operation.windowFunction;
    this.clears = false;
    if (given === undefined || given === null) return;
    const methods = operation.how === 'apply' ? ['apply', 'process'] : ['process', 'apply'];
    const user = userFunction<(...args: unknown[]) => unknown>(given, methods, ctx.spec.name);
    this.#user = user as unknown as UserFunction;
    const { call, instance } = user;
    const isProcess =
      typeof instance?.process === 'function' &&
      !(operation.how === 'apply' && typeof instance.apply === 'function');
    if (isProcess && typeof instance.clear === 'function') {
      this.#clearing = instance as unknown as Clearing;
      this.clears = true;
    }
    this.#method = isProcess ? 'process' : 'apply';
    if (isProcess) {
      this.#call = operation.allWindows
        ? (_key, _window, elements) => call(context, elements)
        : (key, _window, elements) => call(key, context, elements);
    } else {
      this.#call = operation.allWindows ? (_key, window, elements) => call(window, elements) : call;
    }
  }

  open(runtimeContext: unknown): MaybePromise<void> {
    return this.#user?.open(runtimeContext);
  }

  close(): MaybePromise<void> {
    return this.#user?.close();
  }

  /**
   * Emits the results for a window of a key; changes the cursor. `livesOn`: the window keeps its contents.
   * `timestamp` is that of what fired the window, its timer or a record, and becomes that of the results: the
   * end of a count window or of a global one is no time a next window could use.
   */
  emit(
    key: unknown,
    window: WindowLike,
    found: unknown,
    timestamp: number,
    livesOn: boolean,
  ): MaybePromise<void> {
    this.#cursor.key = key;
    this.#cursor.timestamp = timestamp;
    const contents = this.#contents;
    if (contents.isList) {
      const elements = (livesOn ? contents.kept(found) : contents.result(found)) as unknown[];
      return elements.length === 0 ? undefined : this.#callWith(key, window, elements);
    }
    const result = contents.result(found);
    if (isPromise(result)) {
      return settling(result).then((settled) =>
        this.#emitResult(key, window, livesOn ? contents.kept(settled) : settled),
      );
    }
    return this.#emitResult(key, window, livesOn ? contents.kept(result) : result);
  }

  /** The window of a key is over. */
  clear(key: unknown, window: WindowLike): MaybePromise<void> {
    if (!this.clears) return undefined;
    this.#cursor.key = key;
    this.#context.at(window);
    return this.#clearing?.clear(this.#context);
  }

  #emitResult(key: unknown, window: WindowLike, result: unknown): MaybePromise<void> {
    if (result === undefined || result === null) return undefined;
    return this.#call === undefined ? this.#emit(result) : this.#callWith(key, window, [result]);
  }

  #callWith(key: unknown, window: WindowLike, elements: unknown[]): MaybePromise<void> {
    this.#context.at(window);
    const fail = (thrown: unknown): never => {
      const keyed = this.#allWindows ? undefined : { key };
      throw new WindowFailure(thrown, keyed, window, elements.map(this.#element));
    };
    let emitted: MaybePromise<void>;
    try {
      const results = (this.#call as Call)(key, window, elements);
      emitted = isPromise(results)
        ? settling(results).then((settled) => this.#emitAll(settled))
        : this.#emitAll(results);
    } catch (thrown) {
      return fail(thrown);
    }
    if (emitted === undefined) return this.#context.takeWaiting();
    return emitted.then(() => this.#context.takeWaiting(), fail);
  }

  /** Nothing is no results. */
  #emitAll(results: unknown): MaybePromise<void> {
    if (results === undefined || results === null) return undefined;
    return emitEach(results, this.#emit, this.#ctx, this.#method, this.#context);
  }
}
