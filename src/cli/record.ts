// The job graph of a program, which runs up to its first execute() and no further.

import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { RECORD_VARIABLE } from '../api/recording.ts';
import type { JobGraph, SubmittedGraph } from '../graph/job-graph.ts';
import { CommandError } from './command-error.ts';
import { languageOf, nodeProcess, pythonProcess, type ProgramProcess } from './program.ts';

const PYTHON = `
import sys
from isthmus._entry.record import record
answer = record(sys.argv[2], sys.argv[3:], None)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(answer)
`;

interface Recorded {
  graph?: JobGraph | SubmittedGraph;
  /** The line that executes again. */
  later?: number;
  error?: { message: string; traceback?: string };
}

/** @throws CommandError when the program fails before it executes a job */
export async function recordGraph(
  file: string,
  args: readonly string[],
  settings: Record<string, string>,
): Promise<JobGraph | SubmittedGraph> {
  const language = languageOf(file);
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-graph-'));
  const answer = join(folder, 'graph.json');
  try {
    const program: ProgramProcess =
      language === 'python'
        ? await pythonProcess(['-c', PYTHON, answer, resolve(file), ...args], settings)
        : nodeProcess(file, args);
    // What the program prints is no part of the graph.
    const ended = await execa(program.command, program.args, {
      stdin: 'inherit',
      stdout: { file: '/dev/stderr' },
      stderr: 'inherit',
      reject: false,
      env: { ...program.env, ...settings, [RECORD_VARIABLE]: answer },
    });
    return read(answer, file, ended.exitCode);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(
  answer: string,
  file: string,
  exitCode: number | undefined,
): JobGraph | SubmittedGraph {
  let recorded: Recorded;
  try {
    recorded = JSON.parse(readFileSync(answer, 'utf8')) as Recorded;
  } catch {
    throw new CommandError(
      `${file} ended${exitCode === 0 ? '' : ` with exit code ${exitCode}`} without executing a job; there is no graph to show.`,
    );
  }
  const { graph, error, later } = recorded;
  if (later !== undefined) {
    process.stderr.write(
      `isthmus: this is the first job of ${file}; line ${later} runs another.\n`,
    );
  }
  if (graph !== undefined) return graph;
  const { message = 'it has no graph', traceback } = error ?? {};
  throw new CommandError(traceback === undefined ? message : `${message}\n${traceback}`);
}
