// What is said of restarts: that there is one, or why there is none.

import { type ErrorReport, type IsthmusError, errorFromReport } from '../errors.ts';

export interface Restart {
  /** The number of the attempt that failed; the first is 1. */
  failed: number;
  pauseMs: number;
  error: IsthmusError;
  /** Whether the job takes checkpoints. */
  goesOn: boolean;
}

export function restartNotice(job: string, { failed, pauseMs, error, goesOn }: Restart): string {
  const pause = pauseMs < 1_000 ? `${Math.round(pauseMs)} ms` : `${(pauseMs / 1_000).toFixed(1)} s`;
  const from = goesOn
    ? 'from the last checkpoint.'
    : 'from the beginning. Sinks get records again.';
  return (
    `Attempt ${failed} of job "${job}" failed; attempt ${failed + 1} begins in ${pause}, ${from} ` +
    `It failed with: ${error.message}`
  );
}

/** The failure of a job that is not restarted, because its program has results that would come again. */
export function notAgain(error: IsthmusError): IsthmusError {
  const message =
    `${error.message}\nThe job was not restarted, as restart-strategy.type would have it: it has given results to the ` +
    'program, and another attempt would give them again. Use a sink, or no restart strategy.';
  const report: ErrorReport = { ...error.report, code: error.code, message };
  const told = errorFromReport(report);
  told.cause = error;
  return told;
}
