// Options of the configuration on the command line: they reach the program in the environment, where they are the strongest.

import { Option, type Command } from 'commander';
import {
  COMMAND_LINE_VARIABLE,
  CONFIG_FILE_VARIABLE,
  configurationInForce,
  FILE_SETTINGS_VARIABLE,
} from '../config/in-force.ts';
import { readConfigurationFile } from '../config/file.ts';
import { SETTINGS } from '../config/table.ts';
import { ConfigurationError } from '../errors.ts';
import { CommandError } from './command-error.ts';

export interface SettingFlags {
  parallelism?: string;
  define: Record<string, string>;
  config?: string;
}

/** Adds `--parallelism`, `-D` and `--config` to a command. */
export function withSettings(command: Command): Command {
  return command
    .option('-p, --parallelism <n>', 'parallelism of operators that set none')
    .addOption(
      new Option(
        '-D, --define <key=value>',
        'a setting (docs/configuration.md; `isthmus doctor --all` lists them); may be repeated',
      )
        .argParser(definition)
        .default({}, 'none'),
    )
    .option(
      '--config <file>',
      'a configuration file: nested as config.yaml of Flink 2, or lines of key: value; or a folder with one',
    );
}

function definition(text: string, previous: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new CommandError(`-D ${text} is not of the form key=value.`);
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}

/**
 * As `settingsEnvironment`, looked at before anything starts.
 *
 * @throws CommandError when a value does not fit its option, or the file cannot be read
 */
export function checkedSettings(flags: SettingFlags): Record<string, string> {
  const settings = settingsEnvironment(flags);
  try {
    configurationInForce({}, { ...process.env, ...settings });
  } catch (error) {
    if (error instanceof ConfigurationError) throw new CommandError(error.message);
    throw error;
  }
  return { ...settings, ...fileSettings(flags) };
}

/** What the file says, for a program that has no YAML library. */
function fileSettings(flags: SettingFlags): Record<string, string> {
  const file = flags.config ?? process.env[CONFIG_FILE_VARIABLE];
  if (file === undefined || file === '') return {};
  const { entries } = readConfigurationFile(file);
  const said = Object.fromEntries(entries.map(({ key, value }) => [key, value]));
  return { [FILE_SETTINGS_VARIABLE]: JSON.stringify(said) };
}

/** What the program's process gets in its environment. */
export function settingsEnvironment(flags: SettingFlags): Record<string, string> {
  const options = { ...flags.define };
  if (flags.parallelism !== undefined) options[SETTINGS.parallelism.key] = flags.parallelism;
  return {
    ...(Object.keys(options).length === 0
      ? {}
      : { [COMMAND_LINE_VARIABLE]: JSON.stringify(options) }),
    ...(flags.config === undefined ? {} : { [CONFIG_FILE_VARIABLE]: flags.config }),
  };
}
