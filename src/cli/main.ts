#!/usr/bin/env node
// The `isthmus` command. Exit codes: 0 done, 1 the program failed (or doctor found something), 2 the command was used wrongly;
// `run` gives the program's own.

import { Command } from 'commander';
import { IsthmusError } from '../errors.ts';
import { VERSION } from '../version.ts';
import { CommandError } from './command-error.ts';
import { doctorCommand } from './doctor.ts';
import { graphCommand } from './graph.ts';
import { runCommand } from './run.ts';

const program = new Command('isthmus')
  .description('Python and TypeScript on one stream')
  .version(VERSION)
  .enablePositionalOptions()
  .showHelpAfterError('(isthmus help COMMAND shows what it takes)')
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : 2);
  });
runCommand(program);
graphCommand(program);
doctorCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  const known = error instanceof CommandError || error instanceof IsthmusError;
  const text = known
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`isthmus: ${text}\n`);
  process.exitCode = error instanceof CommandError ? 2 : 1;
}
