import type { OperatorSpec } from '../../graph/job-graph.ts';
import type { OperatorContext, Source, SourceBatch } from '../../runtime/operator.ts';
import type { Split, Splits } from '../../runtime/splits.ts';

const BATCH_RECORDS = 1024;

/** `source.sequence`: the integers from `params.from` to `params.to`, both included, in contiguous parts. */
export function sequenceSource(spec: OperatorSpec): Source {
  return new SequenceSource(Number(spec.params.from), Number(spec.params.to));
}

class SequenceSource implements Source {
  readonly #from: number;
  readonly #to: number;
  #splits: Split[] = [];

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  open(ctx: OperatorContext, splits: Splits): void {
    const [first, last] = rangeOf(this.#from, this.#to, ctx.subtask, ctx.parallelism);
    const range = { id: `${first}-${last}`, of: [first, last], offset: first };
    splits.begin(first <= last ? [range] : []);
    this.#splits = splits.toRead();
  }

  next(): SourceBatch | undefined {
    const [split] = this.#splits;
    if (split === undefined) return undefined;
    const [, last] = split.of as [number, number];
    const offset = split.offset as number;
    const next = Math.min(offset + BATCH_RECORDS, last + 1);
    const values: number[] = [];
    for (let value = offset; value < next; value++) values.push(value);
    split.offset = next;
    const ends = next > last;
    if (ends) this.#splits.shift();
    return { values, split: split.id, offset, next, ends };
  }
}

/** The bounds (both included) of one of `parts` contiguous parts of a range; the first parts are longer by one. */
export function rangeOf(
  first: number,
  last: number,
  part: number,
  parts: number,
): [first: number, last: number] {
  const count = last - first + 1;
  const size = Math.floor(count / parts);
  const rest = count % parts;
  const begin = first + part * size + Math.min(part, rest);
  return [begin, begin + size - 1 + (part < rest ? 1 : 0)];
}
