import type { JobOperatorMetrics } from './job-metrics.ts';
import type { Restart } from './restart-notice.ts';

/** What shows a job while it runs; drawn in `src/terminal/`. */
export interface JobDisplay {
  update(operators: readonly JobOperatorMetrics[]): void;
  /** The job starts again. */
  note(restart: Restart): void;
  /** The last word. */
  end(operators: readonly JobOperatorMetrics[], status: string): void;
  /** Makes way for what the program prints. */
  hide(): void;
}
