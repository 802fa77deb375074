// TypeScript functions that a Python program calls: CALL frames come in, and each has one ANSWER, whatever its function throws.
// They run here, in the runtime, as TypeScript functions of jobs do; promises of any number of calls side by side.

import { decodeValue, encodeValue } from '../bridge/codec/index.ts';
import { BridgeProtocolError, type ErrorReport, IsthmusError } from '../errors.ts';
import type { FunctionRef } from '../graph/job-graph.ts';
import { blame } from '../runtime/failure.ts';
import { loadFunction } from '../runtime/function-loader.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import { newPlace, withinJob } from '../runtime/job-place.ts';

/** The body of CALL; `of` is the number that the program has given the function. */
export interface CallFrame {
  what: 'open' | 'call' | 'close';
  of: number;
  given: FunctionRef | Uint8Array | null;
}

/** The body of ANSWER. */
export type AnswerFrame = { given: Uint8Array | null } | { error: ErrorReport };

interface Called extends UserFunction<(...args: unknown[]) => unknown> {
  name: string;
}

/** What an object is called by, the first that it has. */
const METHODS = ['call', 'map'];
const CONTEXT = {
  taskName: 'Calls',
  jobName: 'Calls',
  indexOfThisSubtask: 0,
  numberOfParallelSubtasks: 1,
  maxNumberOfParallelSubtasks: 1,
  attemptNumber: 0,
};
const ONE_RESULT = 'A call has one result: return an array, or use the function in a stream.';

export class DriverCalls {
  readonly #answer: (call: number, answer: AnswerFrame) => void;
  readonly #functions = new Map<number, Called>();
  /** Errors that nobody handles are of no job. */
  readonly #place = { ...newPlace(), servesCalls: true };

  constructor(answer: (call: number, answer: AnswerFrame) => void) {
    this.#answer = answer;
  }

  take(call: number, frame: CallFrame): void {
    void withinJob(this.#place, () => this.#run(call, frame));
  }

  async #run(call: number, { what, of, given }: CallFrame): Promise<void> {
    let name = '';
    let args: unknown[] | undefined;
    try {
      switch (what) {
        case 'open': {
          const ref = given as FunctionRef;
          name = ref.name;
          this.#functions.set(of, await opened(ref));
          this.#answer(call, { given: null });
          return;
        }
        case 'close': {
          const called = this.#functions.get(of);
          name = called?.name ?? '';
          this.#functions.delete(of);
          await called?.close();
          this.#answer(call, { given: null });
          return;
        }
        case 'call': {
          const called = this.#functions.get(of);
          if (called === undefined) {
            throw new BridgeProtocolError(`of: there is no function ${of}`);
          }
          name = called.name;
          args = decodeValue(given as Uint8Array) as unknown[];
          const result = one(await called.call(...args), name);
          this.#answer(call, { given: encodeValue(result) });
        }
      }
    } catch (thrown) {
      this.#answer(call, { error: reportOf(thrown, name, args) });
    }
  }
}

async function opened(ref: FunctionRef): Promise<Called> {
  const { name } = ref;
  const loaded = await loadFunction(ref, []);
  const fn = userFunction<(...args: unknown[]) => unknown>(loaded, METHODS, name);
  if (/^(Async)?GeneratorFunction$/.test(kindOf(loaded))) {
    throw new TypeError(`${name} is a generator. ${ONE_RESULT}`);
  }
  await fn.open(CONTEXT);
  return { ...fn, name };
}

function one(result: unknown, name: string): unknown {
  if (result === undefined) return null;
  if (/^(Async)?Generator$/.test(kindOf(result))) {
    throw new TypeError(`${name} has given a generator. ${ONE_RESULT}`);
  }
  return result;
}

/** `Generator` of one. */
function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function reportOf(thrown: unknown, name: string, args: unknown[] | undefined): ErrorReport {
  const place = { operator: name, operatorId: 0, task: 0, subtask: 0, parallelism: 1 };
  const error: IsthmusError = blame(thrown, place, {
    record: args,
    hasRecord: args !== undefined,
    hasKey: false,
  });
  const { code, message, report } = error;
  return { ...report, code, message };
}
