// Counts of a job, over all its attempts.
//
//   C1. What an attempt has counted stays, and the next one goes on from there. What it says when it is over is not heard.
//   C2. A gauge is what its last attempt says.

import type { ExecutionPlan } from '../graph/execution-plan.ts';
import type { Language, OperatorSpec } from '../graph/job-graph.ts';
import { nameOf } from '../graph/kinds.ts';
import { settingsText } from '../graph/settings-text.ts';
import { type UserMetric, added } from './user-metrics.ts';
import type { SubtaskMetrics } from './services.ts';

/** Counts of one operator, over all its subtasks. */
export interface JobOperatorMetrics {
  /** That of the job graph. */
  id: number;
  /** For people. */
  name: string;
  /** Its kind, and the connector of a source or a sink: `map`, `source.lines`. */
  kind: string;
  /** Whose functions it runs. */
  language: Language;
  /** How many subtasks it has. */
  parallelism: number;
  /** What its windows, bounds and limits are, in a few words; absent where it has none. */
  settings?: string;
  /** Records in. */
  in: number;
  /** Records out, side outputs included. */
  out: number;
  /** How long its functions were at work, added up over subtasks. */
  busyMs: number;
  /** What its functions made, by dotted name; absent where there is none. */
  userMetrics?: Record<string, UserMetric>;
}

/** The latest that every subtask said, added up by operator. */
export class JobMetrics {
  readonly #plan: ExecutionPlan;
  readonly #latest = new Map<string, Pick<SubtaskMetrics, 'subtask' | 'operators'>>();
  #attempt = 0;
  /** Of the attempts that are over. */
  #before: JobOperatorMetrics[] = [];

  constructor(plan: ExecutionPlan) {
    this.#plan = plan;
  }

  /** C1 */
  beginAttempt(attempt: number): void {
    this.#before = this.totals().map(settled);
    this.#latest.clear();
    this.#attempt = attempt;
  }

  report(attempt: number, metrics: Pick<SubtaskMetrics, 'task' | 'subtask' | 'operators'>): void {
    if (attempt !== this.#attempt) return;
    this.#latest.set(`${metrics.task}/${metrics.subtask}`, metrics);
  }

  /** In order of the plan. */
  totals(): JobOperatorMetrics[] {
    const totals = new Map<number, JobOperatorMetrics>();
    for (const { chain, language, parallelism } of this.#plan.tasks) {
      for (const spec of chain) {
        totals.set(spec.id, nothingOf(spec, language, parallelism));
      }
    }
    for (const counted of this.#before) totals.set(counted.id, { ...counted });
    for (const { subtask, operators } of this.#latest.values()) {
      for (const { id, in: records, out, busyMs, userMetrics = {} } of operators) {
        const total = totals.get(id);
        if (total === undefined) continue;
        total.in += records;
        total.out += out;
        total.busyMs += busyMs;
        for (const [name, report] of Object.entries(userMetrics)) {
          total.userMetrics = { ...total.userMetrics };
          total.userMetrics[name] = added(total.userMetrics[name], subtask, report);
        }
      }
    }
    return [...totals.values()];
  }
}

/** An operator that has counted nothing yet. */
function nothingOf(
  spec: OperatorSpec,
  language: Language,
  parallelism: number,
): JobOperatorMetrics {
  const { id, name } = spec;
  const settings = settingsText(spec);
  return {
    id,
    name,
    kind: nameOf(spec),
    language,
    parallelism,
    ...(settings === undefined ? {} : { settings }),
    in: 0,
    out: 0,
    busyMs: 0,
  };
}

/** What stays of the counts of an attempt that is over: nothing happens in it any more (C2). */
function settled(counted: JobOperatorMetrics): JobOperatorMetrics {
  const { userMetrics } = counted;
  if (userMetrics === undefined) return counted;
  const kept = Object.entries(userMetrics).map(([name, metric]): [string, UserMetric] => [
    name,
    metric.kind === 'meter' ? { ...metric, rate: 0 } : metric,
  ]);
  return { ...counted, userMetrics: Object.fromEntries(kept) };
}
