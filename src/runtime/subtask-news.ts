// What is told of the subtasks of an attempt, in either host: their steps as they are made, and what their counts show.
//
//   N1. What counts show (watermarks, back-pressure) is told when it has changed since the counts before, so no record pays for it.

import type { SlotDeployment } from '../graph/deployment.ts';
import type { ExecutionPlan } from '../graph/execution-plan.ts';
import type { Language } from '../graph/job-graph.ts';
import type { JobEvents } from './job-events.ts';
import type { SubtaskMetrics } from './services.ts';

type Step = 'opened' | 'started' | 'drained' | 'finished' | 'failed';
type Sample = Pick<SubtaskMetrics, 'blocked' | 'watermark' | 'idle'>;

export class SubtaskNews {
  readonly #plan: ExecutionPlan;
  readonly #events: JobEvents;
  readonly #sampled = new Map<string, Sample>();

  constructor(plan: ExecutionPlan, events: JobEvents) {
    this.#plan = plan;
    this.#events = events;
  }

  of({ task, subtask }: { task: number; subtask: number }, step: Step): void {
    this.#events.tell({ kind: `subtask-${step}`, ...this.#place(task, subtask) });
  }

  ofSlot({ slot, tasks }: SlotDeployment, step: Step): void {
    for (const { task } of tasks) this.of({ task, subtask: slot }, step);
  }

  allStarted(): void {
    for (const { id, parallelism } of this.#plan.tasks) {
      for (let subtask = 0; subtask < parallelism; subtask++)
        this.of({ task: id, subtask }, 'started');
    }
  }

  /** N1 */
  sampled({ task, subtask, blocked = false, watermark, idle = false }: SubtaskMetrics): void {
    const key = `${task}/${subtask}`;
    const before = this.#sampled.get(key);
    const place = this.#place(task, subtask);
    if (blocked !== (before?.blocked ?? false)) {
      this.#events.tell({ kind: blocked ? 'subtask-blocked' : 'subtask-unblocked', ...place });
    }
    const moved = watermark !== before?.watermark || idle !== (before?.idle ?? false);
    if (watermark !== undefined && moved) {
      this.#events.tell({ kind: 'watermark', watermark, idle, ...place });
    }
    this.#sampled.set(key, { blocked, watermark, idle });
  }

  #place(
    task: number,
    subtask: number,
  ): { task: number; subtask: number; name: string; language: Language } {
    const plan = this.#plan.tasks[task];
    const name = plan?.chain[0]?.name ?? '';
    return { task, subtask, name, language: plan?.language ?? 'python' };
  }
}
