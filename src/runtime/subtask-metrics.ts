// What a subtask tells who watches the job.

import type { SubtaskDeployment } from '../graph/deployment.ts';
import type { Chain } from './chain.ts';
import type { SubtaskMetrics } from './services.ts';

/** `runMs`, the time of records, is dealt out to the operators by what of these was timed. */
export function metricsOf(
  { task, subtask }: SubtaskDeployment,
  chain: Chain | undefined,
  runMs: number,
  blocked: boolean,
): SubtaskMetrics {
  const links = chain?.links ?? [];
  const timed = links.reduce((sum, link) => sum + link.timedMs, 0);
  const { watermark, idle } = chain?.eventTime ?? { watermark: undefined, idle: false };
  return {
    task,
    subtask,
    busyMs: links.reduce((sum, { firedMs }) => sum + firedMs, runMs),
    blocked,
    watermark: isTold(watermark) ? watermark : undefined,
    idle,
    operators: links.map((link) => {
      const userMetrics = link.context?.metrics.reported();
      return {
        id: link.spec.id,
        in: link.in,
        out: link.out,
        busyMs: link.firedMs + (timed === 0 ? 0 : (runMs * link.timedMs) / timed),
        ...(userMetrics === undefined ? {} : { userMetrics }),
      };
    }),
  };
}

/** Not the final one: that the subtask is drained says more. */
function isTold(watermark: number | undefined): boolean {
  return watermark !== undefined && Math.abs(watermark) <= Number.MAX_SAFE_INTEGER;
}
