import { GraphError } from '../../errors.ts';
import type { OperatorSpec } from '../../graph/job-graph.ts';
import { type Isolate, recordIsolator } from '../../runtime/isolate.ts';
import type { OperatorContext, Source, SourceBatch } from '../../runtime/operator.ts';
import { rangeOf } from '../sequence/source-sequence.ts';

const BATCH_RECORDS = 1024;

/** `source.collection`: the elements of an array; with a parallelism above 1, each subtask has a contiguous part. */
export function collectionSource(spec: OperatorSpec): Source {
  return new CollectionSource(spec);
}

class CollectionSource implements Source {
  readonly #spec: OperatorSpec;
  #values: readonly unknown[] = [];
  #next = 0;
  #end = 0;
  #restored: number | undefined;
  #isolate!: Isolate;

  constructor(spec: OperatorSpec) {
    this.#spec = spec;
  }

  async open(ctx: OperatorContext): Promise<void> {
    const values = await ctx.load('elements');
    if (!Array.isArray(values)) {
      throw new GraphError(`Source "${this.#spec.name}" needs an array of elements.`);
    }
    this.#values = values;
    this.#isolate = recordIsolator(ctx.settings);
    const [first, last] = rangeOf(0, values.length - 1, ctx.subtask, ctx.parallelism);
    this.#next = this.#restored ?? first;
    this.#end = last + 1;
  }

  next(): SourceBatch | undefined {
    if (this.#next >= this.#end) return undefined;
    const end = Math.min(this.#next + BATCH_RECORDS, this.#end);
    // Copies: functions may change their records, and the array is the program's.
    const values = this.#values.slice(this.#next, end).map(this.#isolate);
    this.#next = end;
    return { values };
  }

  snapshot(): number {
    return this.#next;
  }

  restore(states: unknown[]): void {
    this.#restored = states[0] as number;
  }
}
