import type { ExecutionPlan } from '../graph/execution-plan.ts';
import type { Language, OperatorKind } from '../graph/job-graph.ts';
import type { SubtaskMetrics } from './services.ts';

/** Counts of one operator, over all its subtasks. */
export interface JobOperatorMetrics {
  id: number;
  name: string;
  kind: OperatorKind;
  language: Language;
  parallelism: number;
  /** Records in. */
  in: number;
  /** Records out, side outputs included. */
  out: number;
  busyMs: number;
}

/** The latest that every subtask said, added up by operator. */
export class JobMetrics {
  readonly #plan: ExecutionPlan;
  readonly #latest = new Map<string, Pick<SubtaskMetrics, 'operators'>>();

  constructor(plan: ExecutionPlan) {
    this.#plan = plan;
  }

  report(metrics: Pick<SubtaskMetrics, 'task' | 'subtask' | 'operators'>): void {
    this.#latest.set(`${metrics.task}/${metrics.subtask}`, metrics);
  }

  /** In order of the plan. */
  totals(): JobOperatorMetrics[] {
    const totals = new Map<number, JobOperatorMetrics>();
    for (const { chain, language, parallelism } of this.#plan.tasks) {
      for (const { id, name, kind } of chain) {
        totals.set(id, { id, name, kind, language, parallelism, in: 0, out: 0, busyMs: 0 });
      }
    }
    for (const { operators } of this.#latest.values()) {
      for (const { id, in: records, out, busyMs } of operators) {
        const total = totals.get(id);
        if (total === undefined) continue;
        total.in += records;
        total.out += out;
        total.busyMs += busyMs;
      }
    }
    return [...totals.values()];
  }
}
