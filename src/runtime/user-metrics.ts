// Metrics of functions, over all subtasks of their operator.

import type { MetricReport } from './metric-group.ts';

/** A gauge is told by subtask (null where one has said none): what its numbers come to together only their function knows. */
export type UserMetric =
  | Exclude<MetricReport, { kind: 'gauge' }>
  | { kind: 'gauge'; values: (number | null)[] };

/** Adds what a subtask says to what others have said of a metric; one of another kind takes its place. */
export function added(
  known: UserMetric | undefined,
  subtask: number,
  report: MetricReport,
): UserMetric {
  switch (report.kind) {
    case 'gauge': {
      const values = known?.kind === 'gauge' ? [...known.values] : [];
      while (values.length <= subtask) values.push(null);
      return { kind: 'gauge', values: values.with(subtask, report.value) };
    }
    case 'counter':
      return known?.kind === 'counter' ? { ...report, count: known.count + report.count } : report;
    case 'meter':
      if (known?.kind !== 'meter') return report;
      return { ...report, count: known.count + report.count, rate: known.rate + report.rate };
    case 'distribution':
      if (known?.kind !== 'distribution') return report;
      return {
        kind: 'distribution',
        count: known.count + report.count,
        sum: known.sum + report.sum,
        min: Math.min(known.min, report.min),
        max: Math.max(known.max, report.max),
      };
  }
}
