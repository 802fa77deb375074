import type { ExecutionPlan } from '../graph/execution-plan.ts';
import type { Language } from '../graph/job-graph.ts';
import { nameOf } from '../graph/kinds.ts';
import { type UserMetric, added } from './user-metrics.ts';
import type { SubtaskMetrics } from './services.ts';

/** Counts of one operator, over all its subtasks. */
export interface JobOperatorMetrics {
  id: number;
  name: string;
  /** Its kind, and the connector of a source or a sink: `map`, `source.lines`. */
  kind: string;
  language: Language;
  parallelism: number;
  /** Records in. */
  in: number;
  /** Records out, side outputs included. */
  out: number;
  busyMs: number;
  /** What its functions made, by dotted name; absent where there is none. */
  userMetrics?: Record<string, UserMetric>;
}

/** The latest that every subtask said, added up by operator. */
export class JobMetrics {
  readonly #plan: ExecutionPlan;
  readonly #latest = new Map<string, Pick<SubtaskMetrics, 'subtask' | 'operators'>>();

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
      for (const spec of chain) {
        const { id, name } = spec;
        const kind = nameOf(spec);
        totals.set(id, { id, name, kind, language, parallelism, in: 0, out: 0, busyMs: 0 });
      }
    }
    for (const { subtask, operators } of this.#latest.values()) {
      for (const { id, in: records, out, busyMs, userMetrics = {} } of operators) {
        const total = totals.get(id);
        if (total === undefined) continue;
        total.in += records;
        total.out += out;
        total.busyMs += busyMs;
        for (const [name, report] of Object.entries(userMetrics)) {
          total.userMetrics ??= {};
          total.userMetrics[name] = added(total.userMetrics[name], subtask, report);
        }
      }
    }
    return [...totals.values()];
  }
}
