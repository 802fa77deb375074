import type { OperatorSpec } from '../../graph/job-graph.ts';
import type { OperatorContext, Source, SourceBatch } from '../../runtime/operator.ts';

const BATCH_RECORDS = 1024;

/** `source.sequence`: the integers from `params.from` to `params.to`, both included, in contiguous parts. */
export function sequenceSource(spec: OperatorSpec): Source {
  return new SequenceSource(Number(spec.params.from), Number(spec.params.to));
}

class SequenceSource implements Source {
  readonly #from: number;
  readonly #to: number;
  #next = 0;
  #last = -1;
  #restored: number | undefined;

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  open(ctx: OperatorContext): void {
    const [first, last] = rangeOf(this.#from, this.#to, ctx.subtask, ctx.parallelism);
    this.#next = this.#restored ?? first;
    this.#last = last;
  }

  next(): SourceBatch | undefined {
    const first = this.#next;
    const count = Math.min(BATCH_RECORDS, this.#last - first + 1);
    if (count <= 0) return undefined;
    const values: number[] = [];
    for (let i = 0; i < count; i++) values.push(first + i);
    this.#next = first + count;
    return { values };
  }

  snapshot(): number {
    return this.#next;
  }

  restore(states: unknown[]): void {
    this.#restored = states[0] as number;
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
