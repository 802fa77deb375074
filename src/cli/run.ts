import { statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { SETTINGS } from '../config/table.ts';
import { CommandError } from './command-error.ts';
import { languageOf, nodeProcess, pythonProcess } from './program.ts';
import { checkedSettings, type SettingFlags, withSettings } from './settings.ts';
import { start } from './start.ts';

interface RunFlags extends SettingFlags {
  progress?: boolean;
  json?: boolean;
  inline?: boolean;
  stopOn?: string;
  events?: string;
}

/** `isthmus run FILE [args…]` */
export function runCommand(program: Command): void {
  withSettings(program.command('run'))
    .description('run a program; results on stdout, everything else on stderr')
    .argument('<file>', 'a .py, .ts, .mts, .js or .mjs file')
    .argument('[args...]', "the program's own arguments")
    .option('--progress', 'show records in, out and rates on stderr; without it on a terminal only')
    .option('--no-progress', 'show none')
    .option('--json', 'progress as JSON lines')
    .option(
      '--events <file>',
      'write what happens to its jobs as JSON lines (docs/events.md); - for stderr',
    )
    .option(
      '--inline',
      'one worker at a time has the terminal, for breakpoint() in Python functions',
    )
    .addOption(
      new Option(
        '--stop-on <signal>',
        'SIGTERM, SIGINT or both: stop the job in order the first time, instead of cancelling it',
      ).choices(['SIGTERM', 'SIGINT', 'both']),
    )
    .passThroughOptions()
    .action(async (file: string, args: string[], flags: RunFlags) => {
      const language = languageOf(file);
      const define = {
        [SETTINGS.progress.key]: progressOf(flags),
        // Two prompts on one terminal help nobody.
        ...(flags.inline === true ? { [SETTINGS.parallelism.key]: '1' } : {}),
        ...(flags.stopOn === undefined ? {} : { [SETTINGS.stopOn.key]: flags.stopOn }),
        ...(flags.events === undefined ? {} : { [SETTINGS.events.key]: eventFile(flags.events) }),
        ...flags.define,
      };
      const settings = checkedSettings({ ...flags, define });
      const program =
        language === 'python'
          ? await pythonProcess(['-m', 'isthmus', file, ...args], settings)
          : nodeProcess(file, args);
      process.exitCode = await start({ ...program, env: { ...program.env, ...settings } });
    });
}

/** Begins the file anew, to which the jobs of the program append. */
function eventFile(file: string): string {
  if (file === '-') return file;
  const path = resolve(file);
  try {
    // A pipe is opened by who writes.
    if (statSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) writeFileSync(path, '');
  } catch (error) {
    throw new CommandError(`Events cannot be written: ${(error as Error).message}.`);
  }
  return path;
}

function progressOf({ inline, json, progress }: RunFlags): string {
  if (progress === false || inline === true) return 'never';
  if (json === true) return 'json';
  return progress === true ? 'always' : 'auto';
}
