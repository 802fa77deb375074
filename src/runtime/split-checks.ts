// What the parts of a source of somebody's own give is checked where it comes in, so that a slip is told of by the source and not
// by whoever stumbles on it later. Twin of python/isthmus/_worker/runtime/split_checks.py.

import { GraphError } from '../errors.ts';
import { inspectRecord } from './failure.ts';
import type { FoundSplit, Mark, SourceBatch, SourceReader, SplitEnumerator } from './source.ts';

export class SplitChecks {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  reader(given: unknown): SourceReader {
    if (has(given, 'add', 'next')) return given as SourceReader;
    throw this.#wrong(
      `gave ${inspectRecord(given)} for a reader, which has the methods add and next`,
    );
  }

  enumerator(given: unknown): SplitEnumerator {
    if (has(given, 'discover')) return given as SplitEnumerator;
    throw this.#wrong(
      `gave ${inspectRecord(given)} for an enumerator, which has the method discover`,
    );
  }

  /** What a look has found. */
  *found(given: unknown): Generator<FoundSplit> {
    if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) {
      throw this.#enumerator(`found ${inspectRecord(given)}; discover gives an iterable of splits`);
    }
    for (const split of given as Iterable<unknown>) {
      if (typeof split !== 'object' || split === null) {
        throw this.#enumerator(`found ${inspectRecord(split)}, which is no split`);
      }
      const { id, offset = 0, subtask } = split as Partial<FoundSplit>;
      if (typeof id !== 'string' || id === '') {
        throw this.#enumerator(`found a split with the id ${inspectRecord(id)}; an id is a text`);
      }
      this.#mark(offset, `the split ${inspectRecord(id)} begins`);
      if (subtask !== undefined && !Number.isSafeInteger(subtask)) {
        throw this.#enumerator(
          `found the split ${inspectRecord(id)} for subtask ${inspectRecord(subtask)}; it is a whole number`,
        );
      }
      yield split as FoundSplit;
    }
  }

  /** The split that a batch is said to be of. */
  splitOf(given: unknown): string {
    if (typeof given === 'object' && given !== null) return (given as SourceBatch).split;
    throw this.#reader(`gave ${inspectRecord(given)}; next gives a batch or undefined`);
  }

  /** A batch of a split that the reader has. */
  batch({ values, timestamps, next }: SourceBatch): void {
    if (!Array.isArray(values)) {
      throw this.#reader(
        `gave a batch with ${inspectRecord(values)} for its values; they are an array`,
      );
    }
    if (next !== undefined) this.#mark(next, 'a batch ends');
    if (timestamps === undefined) return;
    if (!Array.isArray(timestamps) || timestamps.length !== values.length) {
      const many = Array.isArray(timestamps) ? timestamps.length : inspectRecord(timestamps);
      throw this.#reader(`gave ${many} timestamps for ${values.length} values; give one for each`);
    }
    const wrong = timestamps.find((time) => !Number.isSafeInteger(time));
    if (wrong !== undefined || timestamps.includes(undefined as never)) {
      throw this.#reader(
        `gave the timestamp ${inspectRecord(wrong)}; it is a whole number of milliseconds`,
      );
    }
  }

  strange(split: unknown): GraphError {
    return this.#reader(
      `gave a batch of the split ${inspectRecord(split)}, which it was not given or has brought to its end`,
    );
  }

  #mark(mark: Mark, what: string): void {
    if (typeof mark === 'string' || Number.isFinite(mark)) return;
    throw this.#wrong(`says that ${what} at ${inspectRecord(mark)}; a mark is a number or a text`);
  }

  #reader = (what: string) => new GraphError(`The reader of source "${this.#source}" ${what}.`);
  #enumerator = (what: string) =>
    new GraphError(`The enumerator of source "${this.#source}" ${what}.`);
  #wrong = (what: string) => new GraphError(`The source "${this.#source}" ${what}.`);
}

function has(given: unknown, ...methods: string[]): boolean {
  return (
    typeof given === 'object' &&
    given !== null &&
    methods.every((name) => typeof (given as Record<string, unknown>)[name] === 'function')
  );
}
