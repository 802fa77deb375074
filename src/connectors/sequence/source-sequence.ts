import type { OperatorSpec } from '../../graph/job-graph.ts';
import {
  type ConnectorContext,
  type Source,
  type SourceBatch,
  type SourceReader,
  type SourceSplit,
  type SplitEnumerator,
  listed,
} from '../../runtime/source.ts';

const BATCH_RECORDS = 1024;

/** First and last, both included. */
export type Range = [first: number, last: number];

/** `source.sequence`: the integers from `params.from` to `params.to`, both included, in contiguous parts. */
export function sequenceSource({ params }: OperatorSpec): Source<number, Range> {
  return new RangeSource([Number(params.from), Number(params.to)], (first, end) => {
    const values: number[] = [];
    for (let value = first; value < end; value++) values.push(value);
    return values;
  });
}

/** What can be counted: a contiguous part for each subtask, whose values `take` gives from a number on, up to another one. */
export class RangeSource<T> implements Source<T, Range> {
  readonly bounded = true;
  readonly #range: Range;
  readonly #take: (first: number, end: number) => T[];

  constructor(range: Range, take: (first: number, end: number) => T[]) {
    this.#range = range;
    this.#take = take;
  }

  enumerator({ parallelism }: ConnectorContext): SplitEnumerator<Range> {
    const parts = Array.from({ length: parallelism }, (_, subtask) => {
      const of = rangeOf(...this.#range, subtask, parallelism);
      return { id: of.join('-'), of, offset: of[0], subtask };
    });
    return listed(parts.filter(({ of: [first, last] }) => first <= last));
  }

  reader(): SourceReader<T, Range> {
    return new RangeReader(this.#take);
  }
}

class RangeReader<T> implements SourceReader<T, Range> {
  readonly #take: (first: number, end: number) => T[];
  readonly #splits: { id: string; next: number; end: number }[] = [];

  constructor(take: (first: number, end: number) => T[]) {
    this.#take = take;
  }

  add({ id, of: [, last], offset }: SourceSplit<Range>): void {
    this.#splits.push({ id, next: offset as number, end: last + 1 });
  }

  next(): SourceBatch<T> | undefined {
    const [split] = this.#splits;
    if (split === undefined) return undefined;
    const next = Math.min(split.next + BATCH_RECORDS, split.end);
    const values = this.#take(split.next, next);
    split.next = next;
    const ends = next >= split.end;
    if (ends) this.#splits.shift();
    return { split: split.id, values, next, ends };
  }
}

/** The bounds (both included) of one of `parts` contiguous parts of a range; the first parts are longer by one. */
export function rangeOf(first: number, last: number, part: number, parts: number): Range {
  const count = last - first + 1;
  const size = Math.floor(count / parts);
  const rest = count % parts;
  const begin = first + part * size + Math.min(part, rest);
  return [begin, begin + size - 1 + (part < rest ? 1 : 0)];
}
