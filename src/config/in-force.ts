// What holds for a job of this process: what its code says, and what file, environment and command line say more strongly.

import {
  type Place,
  type ResolvedConfiguration,
  type Setting,
  resolveConfiguration,
} from './resolve.ts';

/** JSON of what the command line says; set by `isthmus run`. */
export const COMMAND_LINE_VARIABLE = 'ISTHMUS_COMMAND_LINE';
/** Path of a configuration file. */
export const CONFIG_FILE_VARIABLE = 'ISTHMUS_CONFIG_FILE';

export interface ConfigurationInForce extends ResolvedConfiguration {
  /** What is said of an option elsewhere than in code, and so overrides what code says by other means. */
  readonly said: (key: string) => string | undefined;
}

/** @throws ConfigurationError when a value does not fit its option, or the file cannot be read */
export function configurationInForce(
  code: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ConfigurationInForce {
  const commandLine = environment[COMMAND_LINE_VARIABLE];
  const file = environment[CONFIG_FILE_VARIABLE];
  const resolved = resolveConfiguration({
    code,
    ...(file === undefined || file === '' ? {} : { file }),
    environment,
    ...(commandLine === undefined || commandLine === ''
      ? {}
      : { commandLine: JSON.parse(commandLine) as Record<string, string> }),
  });
  const outside = new Map(
    resolved.settings.filter(isOutside).map(({ key, value }) => [key, value]),
  );
  return { ...resolved, said: (key) => outside.get(key) };
}

const INSIDE: readonly Place[] = ['default', 'code'];

function isOutside({ place }: Setting): boolean {
  return !INSIDE.includes(place);
}
