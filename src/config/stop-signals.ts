/** `isthmus.stop-on`: the signals that stop a job in order the first time they come. */
export const STOP_ON = 'isthmus.stop-on';

/** The values of the option, and what they mean. */
export const STOP_ON_CHOICES: { readonly [choice: string]: readonly NodeJS.Signals[] } = {
  none: [],
  SIGTERM: ['SIGTERM'],
  SIGINT: ['SIGINT'],
  both: ['SIGTERM', 'SIGINT'],
};

export function stopSignals(config: Readonly<Record<string, string>>): readonly NodeJS.Signals[] {
  return STOP_ON_CHOICES[config[STOP_ON] ?? 'none'] ?? [];
}
