// Why a Python worker is gone, and how that is said.

import { type ErrorCode, WorkerError } from '../errors.ts';

/** What the pool and the job do next follows from `kind` alone. */
export type WorkerExit =
  /** Asked to stop, and did → nothing to do. */
  | { kind: 'drained' }
  /** Killed by us for a reason of the job's (cancelled, discarded) → nothing to do. */
  | { kind: 'discarded' }
  /** Never said HELLO, or said what does not fit → fail the job; others would do the same. */
  | { kind: 'unusable'; message: string; stderrTail: string }
  /** Ended by itself, or was killed by somebody else → fail the job. */
  | {
      kind: 'crashed';
      exitCode: number | undefined;
      signal: string | undefined;
      stderrTail: string;
    }
  /** Broke the protocol and was killed → fail the job. */
  | { kind: 'violated'; message: string; stderrTail: string }
  /** Gave no sign of life for longer than a user function may take, and was killed → fail the job. */
  | { kind: 'hung'; limitMs: number; stderrTail: string }
  /** Outgrew its memory cap and was killed → fail the job. */
  | { kind: 'outgrew'; limitBytes: number; residentBytes: number; stderrTail: string };

/** What a slot was doing: the operators with functions of the user, still at work. */
export interface SlotWork {
  operators: { id: number; name: string; functions: string[]; parallelism: number }[];
  slot: number;
  slots: number;
}

const TAIL_LINES = 8;
const TAIL_CHARS = 1_500;

export function workerExitError(exit: WorkerExit, work?: SlotWork): WorkerError {
  const stderrTail = 'stderrTail' in exit ? exit.stderrTail : '';
  const dump = dumpOf(exit, stderrTail);
  const suspects = work === undefined ? [] : suspectsOf(work, dump);
  const where = work === undefined ? '' : whereText(work, suspects);
  const [code, what] = reason(exit, where);
  const message = `${what}.${lastWords(stderrTail, dump, exit.kind === 'hung')}`;
  const [only] = suspects;
  return new WorkerError(code, message, {
    report: {
      code,
      message,
      ...(suspects.length === 1 && only !== undefined && work !== undefined
        ? { operator: only.name, operatorId: only.id, parallelism: only.parallelism }
        : {}),
      ...(work === undefined ? {} : { subtask: work.slot }),
      ...(exit.kind === 'crashed' && exit.exitCode !== undefined
        ? { exitCode: exit.exitCode }
        : {}),
      ...(exit.kind === 'crashed' && exit.signal !== undefined ? { signal: exit.signal } : {}),
      ...(stderrTail === '' ? {} : { stderrTail }),
    },
  });
}

type WorkerErrorCode = Extract<ErrorCode, `ISTHMUS_WORKER_${string}`>;

function reason(exit: WorkerExit, where: string): [WorkerErrorCode, string] {
  switch (exit.kind) {
    case 'unusable':
      return ['ISTHMUS_WORKER_START', exit.message];
    case 'crashed': {
      const how =
        exit.signal === undefined
          ? `exited with code ${exit.exitCode ?? 'unknown'}`
          : `was killed by ${exit.signal}${exit.signal === 'SIGKILL' ? ' (out of memory, or from outside)' : ''}`;
      return ['ISTHMUS_WORKER_DIED', `Python worker ${how}${where}`];
    }
    case 'violated':
      return [
        'ISTHMUS_WORKER_DIED',
        `Python worker broke the bridge protocol${where}: ${exit.message}`,
      ];
    case 'hung':
      return [
        'ISTHMUS_WORKER_TIMEOUT',
        `Python worker gave no sign of life for ${exit.limitMs} ms${where} and was killed; ` +
          'the limit is python.fn-execution.timeout',
      ];
    case 'outgrew':
      return [
        'ISTHMUS_WORKER_MEMORY',
        `Python worker used ${mebibytes(exit.residentBytes)} of memory${where} and was killed; ` +
          `the limit is python.worker.memory-limit = ${mebibytes(exit.limitBytes)}`,
      ];
    case 'drained':
    case 'discarded':
      return ['ISTHMUS_WORKER_DIED', `Python worker was ended${where}`];
  }
}

/**
 * Who may have been running. A faulthandler dump names the function on the stack; without one, every operator of the
 * slot that runs user code may have been.
 */
function suspectsOf(work: SlotWork, dump: string[]): SlotWork['operators'] {
  const named = work.operators.filter(({ functions }) => {
    const ends = functions.map((name) => ` in ${name.split('.').at(-1)}`);
    return dump.some(
      (line) => line.startsWith('  File ') && ends.some((end) => line.endsWith(end)),
    );
  });
  return named.length > 0 ? named : work.operators;
}

function whereText(work: SlotWork, suspects: SlotWork['operators']): string {
  const [only] = suspects;
  if (only === undefined) return ` (slot ${work.slot + 1}/${work.slots})`;
  if (suspects.length === 1) {
    return ` while running operator "${only.name}" (subtask ${work.slot + 1}/${only.parallelism})`;
  }
  const names = suspects.slice(0, 6).map(({ name }) => `"${name}"`);
  if (suspects.length > 6) names.push('…');
  return ` while running one of the operators ${names.join(', ')} (slot ${work.slot + 1}/${work.slots})`;
}

/** The last lines of stderr; of a faulthandler dump, the reason and the user's own frames. Of one that hung, we are the reason. */
function lastWords(stderrTail: string, wholeDump: string[], hung: boolean): string {
  const lines = linesOf(stderrTail);
  const dump = wholeDump.length === 0 ? [] : dumpSummary(wholeDump);
  const text = (shown: string[]) => shown.join('\n').slice(-TAIL_CHARS);
  if (hung && dump.length > 1) return ` It was at:\n${text(dump.slice(1))}`;
  const last = text(dump.length > 0 ? dump : lines.slice(-TAIL_LINES));
  return last === '' ? '' : ` Its last output: ${last}`;
}

/**
 * What faulthandler has said: the last thing that a process does which a signal ends. Of one that ended by itself all there
 * is on stderr is what functions wrote, whatever it looks like.
 */
function dumpOf(exit: WorkerExit, stderrTail: string): string[] {
  const bySignal = exit.kind === 'hung' || (exit.kind === 'crashed' && exit.signal !== undefined);
  if (!bySignal) return [];
  const lines = linesOf(stderrTail);
  const fatal = lines.findLastIndex((line) => line.startsWith('Fatal Python error'));
  return fatal < 0 ? [] : lines.slice(fatal);
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function dumpSummary(dump: string[]): string[] {
  const [reason = ''] = dump;
  const current = dump.findIndex((line) => line.startsWith('Current thread'));
  const frames = dump.slice(current + 1);
  const end = frames.findIndex((line) => !line.startsWith('  File '));
  const stack = end < 0 ? frames : frames.slice(0, end);
  const users = stack.filter((line) => !/[\\/]isthmus[\\/]_worker[\\/]|"<string>"/.test(line));
  return [reason, ...(users.length > 0 ? users : stack).slice(0, TAIL_LINES)];
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
