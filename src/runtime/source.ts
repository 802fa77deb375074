// What a source is, of Isthmus or of anybody: who knows its splits, and who reads them. Twin of python/isthmus/_interfaces/source.py.
//
// A split is a part of a source that is read by one subtask, in order: a file, a range, a partition. One enumerator per job
// knows what splits there are; the runtime deals them out and keeps the position of each, which is that of the records that
// have left the source, whatever its reader has read ahead (split-driver.ts, split-dealer.ts, splits.ts).

import type { JsonValue } from '../graph/job-graph.ts';
import type { LogLevel } from './services.ts';

/** A place in a split, as its reader names it: a byte offset, a sequence number, a token. */
export type Mark = number | string;

/** A part of a source, as its reader is given it. */
export interface SourceSplit<Of extends JsonValue = JsonValue> {
  /** By this it is known for good. */
  readonly id: string;
  /** What the source knows it by: plain data. */
  readonly of: Of;
  /** Where to begin: a mark that the enumerator or an earlier batch has said. */
  readonly offset: Mark;
}

/** A part of a source, as its enumerator finds it. */
export interface FoundSplit<Of extends JsonValue = JsonValue> {
  /** By this it is known for good: one that has been found is not given out again. */
  readonly id: string;
  readonly of: Of;
  /** Where it begins; 0 where nothing is said. */
  readonly offset?: Mark;
  /** Whose it is to be, modulo the parallelism. Absent: of the next subtask that has nothing left to read. */
  readonly subtask?: number;
}

/** Where a part of a source or of a sink runs. */
export interface ConnectorPlace {
  /** The name of the operator. */
  readonly operatorName: string;
  /** The name of the job. */
  readonly jobName: string;
  /** Which subtask of the operator this is, from 0. */
  readonly subtask: number;
  /** How many subtasks the operator has. */
  readonly parallelism: number;
  /** 0 for the first run, then one more with every restart. */
  readonly attempt: number;
}

/** What a source is given of the job. */
export interface ConnectorContext extends ConnectorPlace {
  /** A line of the job's log. */
  log(level: LogLevel, message: string): void;
  /** Something has come: a reader that had nothing is asked again at once. */
  wake(): void;
}

/** Knows the splits of a source. There is one in a job, in its first subtask. */
export interface SplitEnumerator<Of extends JsonValue = JsonValue> {
  /** Looks again so often, for as long as it is said: a source without end. Absent: the first look finds all. */
  readonly discoverMs?: number | undefined;
  /**
   * All splits that there are; those found before are passed over.
   *
   * @param isFirst false at later looks, and when the job goes on from a checkpoint
   */
  discover(isFirst: boolean): Iterable<FoundSplit<Of>> | Promise<Iterable<FoundSplit<Of>>>;
  /** What it has to remember itself, beside the splits it has found: plain data, which `enumerator` is given after a restart. */
  snapshot?(): JsonValue;
  /** Called once, also after a failure. */
  close?(): void | Promise<void>;
}

/** Records of one split. */
export interface SourceBatch<T = unknown> {
  /** Id of the split that the records are of. */
  split: string;
  /** The records, in order. */
  values: T[];
  /** Event times in milliseconds, one for each value. */
  timestamps?: number[];
  /**
   * The mark behind the last value: reading may go on there after a restart. Absent: from here on records are counted, and after a
   * restart that many are passed over.
   */
  next?: Mark;
  /** The split has come to its end. */
  ends?: boolean;
  /** Where the batch begins: filled in by the runtime, a mark and the number of records behind it. */
  offset?: Mark;
  skip?: number;
}

/** Reads the splits of one subtask. */
export interface SourceReader<T = unknown, Of extends JsonValue = JsonValue> {
  /** A further split to read. Called between batches, and while `next` waits. */
  add(split: SourceSplit<Of>): void;
  /**
   * The next records of one of its splits: those that are there within some 100 ms, possibly none. It is asked while it has a
   * split, never twice at a time.
   *
   * @param signal aborted when the job ends
   */
  next(signal: AbortSignal): SourceBatch<T> | undefined | Promise<SourceBatch<T> | undefined>;
  /** The job is stopped in order: it is to end its splits soon. One without is not asked for more. */
  finish?(): void;
  /** Called once, also after a failure. */
  close?(): void | Promise<void>;
}

/** A source of one's own: `env.fromSource(source)`. */
export interface Source<T = unknown, Of extends JsonValue = JsonValue> {
  /** Whether it comes to an end by itself, for AUTOMATIC mode. */
  readonly bounded?: boolean;
  /** False for one that cannot be read again from a position: after a restart all of it is read anew. */
  readonly replays?: boolean;
  /** Called in the first subtask. `saved`: what `snapshot` gave, when the job goes on from a checkpoint. */
  enumerator(
    context: ConnectorContext,
    saved?: JsonValue,
  ): SplitEnumerator<Of> | Promise<SplitEnumerator<Of>>;
  /** Called in each subtask. */
  reader(context: ConnectorContext): SourceReader<T, Of> | Promise<SourceReader<T, Of>>;
}

/** Whether a value is a source in this sense. */
export function isSourceObject(value: unknown): value is Source {
  const { enumerator, reader } = (value ?? {}) as { enumerator?: unknown; reader?: unknown };
  return (
    typeof value === 'object' && typeof enumerator === 'function' && typeof reader === 'function'
  );
}

/** An enumerator of splits that are known from the start. */
export function listed<Of extends JsonValue>(
  splits: readonly FoundSplit<Of>[],
): SplitEnumerator<Of> {
  return { discover: () => splits };
}
