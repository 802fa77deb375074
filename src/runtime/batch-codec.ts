import type { EdgeCodec } from '../graph/execution-plan.ts';
import type { TypeSpec } from '../graph/job-graph.ts';

/** Records with what travels beside them. */
export interface RecordBatch {
  values: unknown[];
  timestamps?: number[];
  keys?: unknown[];
}

/** Turns the records of a BATCH frame into its flags and body, and back (docs/protocol.md §5). */
export interface BatchCodec {
  encode(batch: RecordBatch): { flags: number; body: Uint8Array };
  decode(flags: number, count: number, body: Uint8Array): RecordBatch;
}

/** The codec of a channel whose other end is in another process. */
export type BatchCodecFactory = (codec: EdgeCodec, type: TypeSpec | undefined) => BatchCodec;
