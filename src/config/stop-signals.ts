import type { Settings } from './table.ts';

const SIGNALS: { readonly [Choice in Settings['stopOn']]: readonly NodeJS.Signals[] } = {
  none: [],
  SIGTERM: ['SIGTERM'],
  SIGINT: ['SIGINT'],
  both: ['SIGTERM', 'SIGINT'],
};

/** The signals that stop a job in order the first time they come. */
export function stopSignals({ stopOn }: Settings): readonly NodeJS.Signals[] {
  return SIGNALS[stopOn];
}
