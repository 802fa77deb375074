import { GraphError } from '../../errors.ts';
import type { OperatorSpec } from '../../graph/job-graph.ts';
import { type Isolate, recordIsolator } from '../../runtime/isolate.ts';
import type { OperatorContext, Source, SourceBatch } from '../../runtime/operator.ts';
import type { Split, Splits } from '../../runtime/splits.ts';
import { rangeOf } from '../sequence/source-sequence.ts';

const BATCH_RECORDS = 1024;

/** `source.collection`: the elements of an array; with a parallelism above 1, each subtask has a contiguous part. */
export function collectionSource(spec: OperatorSpec): Source {
  return new CollectionSource(spec);
}

class CollectionSource implements Source {
  readonly #spec: OperatorSpec;
  #values: readonly unknown[] = [];
  #splits: Split[] = [];
  #isolate!: Isolate;

  constructor(spec: OperatorSpec) {
    this.#spec = spec;
  }

  async open(ctx: OperatorContext, splits: Splits): Promise<void> {
    const values = await ctx.load('elements');
    if (!Array.isArray(values)) {
      throw new GraphError(`Source "${this.#spec.name}" needs an array of elements.`);
    }
    this.#values = values;
    this.#isolate = recordIsolator(ctx.settings);
    const [first, last] = rangeOf(0, values.length - 1, ctx.subtask, ctx.parallelism);
    const part = { id: `${first}-${last}`, of: [first, last], offset: first };
    splits.begin(first <= last ? [part] : []);
    this.#splits = splits.toRead();
  }

  next(): SourceBatch | undefined {
    const [split] = this.#splits;
    if (split === undefined) return undefined;
    const [, last] = split.of as [number, number];
    const offset = split.offset as number;
    const next = Math.min(offset + BATCH_RECORDS, last + 1);
    // Copies: functions may change their records, and the array is the program's.
    const values = this.#values.slice(offset, next).map(this.#isolate);
    split.offset = next;
    const ends = next > last;
    if (ends) this.#splits.shift();
    return { values, split: split.id, offset, next, ends };
  }
}
