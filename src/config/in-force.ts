// What holds for a job of this process: what its code says, and what file, environment and command line say more strongly.

import { type ResolvedConfiguration, resolveConfiguration } from './resolve.ts';

/** JSON of what the command line says; set by `isthmus run`. */
export const COMMAND_LINE_VARIABLE = 'ISTHMUS_COMMAND_LINE';
/** JSON of what the configuration file says, for getters of a Python program; set by `isthmus run`. */
export const FILE_SETTINGS_VARIABLE = 'ISTHMUS_FILE_SETTINGS';
/** Path of a configuration file. */
export const CONFIG_FILE_VARIABLE = 'ISTHMUS_CONFIG_FILE';

/** @throws ConfigurationError when a value does not fit its setting, or the file cannot be read */
export function configurationInForce(
  code: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedConfiguration {
  const commandLine = environment[COMMAND_LINE_VARIABLE];
  const file = environment[CONFIG_FILE_VARIABLE];
  return resolveConfiguration({
    code,
    ...(file === undefined || file === '' ? {} : { file }),
    environment,
    ...(commandLine === undefined || commandLine === ''
      ? {}
      : { commandLine: JSON.parse(commandLine) as Record<string, string> }),
  });
}
