// Counts of a job over its attempts, from what subtasks say.

import { expect, test } from 'vitest';
import { planJob } from '../../src/graph/planner.ts';
import { JobMetrics } from '../../src/runtime/job-metrics.ts';
import type { MetricReport } from '../../src/runtime/metric-group.ts';
import { edge, graph, operator } from '../graph/graphs.ts';

const plan = planJob(
  graph(
    [operator(1, 'source.sequence', { params: { from: 0, to: 9 } }), operator(2, 'sink.print')],
    [edge(1, 2)],
    { parallelism: 2 },
  ),
);

function said(subtask: number, records: number, userMetrics: Record<string, MetricReport> = {}) {
  const counted = { id: 1, in: 0, out: records, busyMs: 1, userMetrics };
  return { task: 0, subtask, operators: [counted] };
}

function first(metrics: JobMetrics) {
  return metrics.totals().find(({ id }) => id === 1);
}

test('subtasks are added up, by the latest that each has said', () => {
  const metrics = new JobMetrics(plan);
  metrics.beginAttempt(0);
  metrics.report(0, said(0, 5));
  metrics.report(0, said(0, 7));
  metrics.report(0, said(1, 10));
  expect(first(metrics)).toMatchObject({ out: 17, busyMs: 2 });
});

test('what an attempt has counted stays, and it is heard no more when it is over', () => {
  const metrics = new JobMetrics(plan);
  metrics.beginAttempt(0);
  metrics.report(0, said(0, 5));
  metrics.beginAttempt(1);
  metrics.report(0, said(1, 100));
  metrics.report(1, said(0, 2));
  expect(first(metrics)?.out).toBe(7);
});

test('of metrics of functions counts go on, a gauge is that of the last attempt, and rates are of now', () => {
  const metrics = new JobMetrics(plan);
  const made = (count: number, value: number): Record<string, MetricReport> => ({
    seen: { kind: 'counter', count },
    rate: { kind: 'meter', count, rate: 3 },
    sizes: { kind: 'distribution', count, sum: count, min: count, max: count },
    size: { kind: 'gauge', value },
  });
  metrics.beginAttempt(0);
  metrics.report(0, said(0, 1, made(5, 50)));
  metrics.beginAttempt(1);
  expect(first(metrics)?.userMetrics?.rate).toEqual({ kind: 'meter', count: 5, rate: 0 });
  metrics.report(1, said(1, 1, made(2, 20)));
  expect(first(metrics)?.userMetrics).toEqual({
    seen: { kind: 'counter', count: 7 },
    rate: { kind: 'meter', count: 7, rate: 3 },
    sizes: { kind: 'distribution', count: 7, sum: 7, min: 2, max: 5 },
    size: { kind: 'gauge', values: [50, 20] },
  });
});
