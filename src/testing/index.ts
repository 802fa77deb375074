// The public face of `isthmus/testing`: functions and operators without a job, milliseconds a test.

export { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../runtime/operator.ts';
export type { OperatorHarness } from './harness.ts';
export type { Emitted, HarnessOptions, TwoInputOptions } from './harness-options.ts';
export type { Timer } from './keyed.ts';
export { ManualClock } from './manual-clock.ts';
export { OneInputHarness } from './one-input.ts';
export {
  PipelineHarness,
  type PipelineInput,
  type PipelineOptions,
  type PipelineSnapshot,
} from './pipeline-harness.ts';
export { checkSink, type SinkCase } from './sink-contract.ts';
export { TwoInputHarness } from './two-input.ts';
export { SourceHarness, type SavedSource, type SourceHarnessOptions } from './source-harness.ts';
export { checkSource, type SourceContract } from './source-contract.ts';
