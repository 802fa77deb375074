import type { OperatorContext } from '../runtime/operator.ts';

/** What a rich function learns in `open`. */
export interface BasicRuntimeContext {
  readonly taskName: string;
  readonly jobName: string;
  readonly indexOfThisSubtask: number;
  readonly numberOfParallelSubtasks: number;
  readonly maxNumberOfParallelSubtasks: number;
  readonly attemptNumber: number;
}

export function runtimeContext(ctx: OperatorContext): BasicRuntimeContext {
  return {
    taskName: ctx.taskName,
    jobName: ctx.jobName,
    indexOfThisSubtask: ctx.subtask,
    numberOfParallelSubtasks: ctx.parallelism,
    maxNumberOfParallelSubtasks: ctx.maxParallelism,
    attemptNumber: ctx.attempt,
  };
}
