// The codec of channels that leave this process, and the mark that makes an array a Python tuple.

import { InternalError } from '../errors.ts';
import type { EdgeCodec } from '../graph/execution-plan.ts';
import type { TypeSpec } from '../graph/job-graph.ts';
import type { BatchCodec } from './batch-codec.ts';

export function wireCodec(codec: EdgeCodec, _type: TypeSpec | undefined): BatchCodec {
  throw new InternalError(`A TypeScript subtask cannot read a channel with codec ${codec}.`);
}

export function markTuple<T extends unknown[]>(value: T): T {
  return value;
}

export function carryTupleMark(_from: readonly unknown[], _to: unknown[]): void {}
