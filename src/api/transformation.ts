// What a stream is made by. Streams share transformations; a job is whatever its roots can be reached from, upstream.
//
//   - A transformation is made after its inputs, so ascending ids are an order upstream first, as the job graph wants it.

import type { JsonValue, Language, OperatorKind, TypeSpec } from '../graph/job-graph.ts';
import type { ConnectorName } from '../graph/kinds.ts';
import type { SourceLocation } from './caller.ts';

/** Functions of an operator, by part (`kinds.ts`): any values of this process, or a PyFunction. Undefined: there is none. */
export type Parts = Readonly<Record<string, unknown>>;

export interface Transformation {
  readonly id: number;
  readonly kind: OperatorKind;
  readonly connector?: ConnectorName;
  name: string;
  readonly language: Language | 'any';
  uid?: string;
  parallelism?: number;
  maxParallelism?: number;
  chaining: 'always' | 'head' | 'never';
  nonParallel?: boolean;
  readonly fns: Parts;
  readonly params: { [key: string]: JsonValue };
  outputType?: TypeSpec;
  readonly sideTypes: Map<string, TypeSpec>;
  description?: string;
  readonly location?: SourceLocation;
  readonly inputs: readonly InputLeg[];
  /** The operator that it is a part of to the program, and as parallel as. */
  follows?: Transformation;
}

export type Partitioning =
  | { kind: 'auto' | 'forward' | 'rebalance' | 'rescale' | 'shuffle' | 'broadcast' | 'global' }
  | { kind: 'hash'; key: unknown; keyType?: TypeSpec }
  | { kind: 'custom'; key: unknown; partition: unknown };

/** One of the outputs that a stream unites. */
export interface Leg {
  readonly from: Transformation;
  readonly partitioning: Partitioning;
  readonly sideTag?: string;
}

export interface InputLeg extends Leg {
  readonly input: 0 | 1;
}

/** What is said of a transformation when it is made. */
export interface TransformationInit {
  kind: OperatorKind;
  connector?: ConnectorName;
  name: string;
  fns?: Parts;
  /** Absent: that of its functions, or `any` where there is none. */
  language?: Language | 'any';
  params?: { [key: string]: JsonValue };
  outputType?: TypeSpec | undefined;
  nonParallel?: boolean;
  inputs?: readonly InputLeg[];
}
