import type { MetricReport } from '../runtime/metric-group.ts';

/** Of a distribution, what it knows. */
export type ShownMetric = number | Omit<Distributed, 'kind'>;

type Distributed = Extract<MetricReport, { kind: 'distribution' }>;

/** What a metric shows. */
export function shownOf(report: MetricReport): ShownMetric {
  if (report.kind === 'gauge') return report.value;
  if (report.kind !== 'distribution') return report.count;
  const { kind: _, ...known } = report;
  return known;
}
