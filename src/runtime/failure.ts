// What is said of a failure inside an operator: which operator, which subtask, which record, and the user's own lines.

import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { type ErrorReport, IsthmusError, UserFunctionError, errorFromReport } from '../errors.ts';

const MAX_REPR_CHARS = 1_000;

/** Where an operator runs. */
export interface OperatorPlace {
  operator: string;
  operatorId: number;
  task: number;
  subtask: number;
  parallelism: number;
}

/** A record as `util.inspect` shows it on one line, cut at 1,000 characters. Never throws. */
export function inspectRecord(value: unknown): string {
  let text: string;
  try {
    text = inspect(value, { depth: 4, breakLength: Infinity, maxStringLength: MAX_REPR_CHARS });
  } catch (error) {
    text = `<a ${typeof value} that cannot be shown: ${String(error)}>`;
  }
  text = printable(text);
  return text.length <= MAX_REPR_CHARS ? text : `${text.slice(0, MAX_REPR_CHARS - 1)}…`;
}

/** What was in flight when an operator failed. */
export interface InFlight {
  record?: unknown;
  hasRecord: boolean;
  key?: unknown;
  hasKey: boolean;
}

/** A failure of a record that an operator was given earlier; says which. */
export class RecordFailure extends Error {
  readonly inFlight: InFlight;

  /** `cause` is what was thrown; `keyed` has the record's key where there is one. */
  constructor(cause: unknown, record: unknown, keyed?: { key: unknown }) {
    super('an earlier record failed', { cause });
    this.inFlight = { record, hasRecord: true, key: keyed?.key, hasKey: keyed !== undefined };
  }
}

/**
 * The error to fail the job with: `thrown`, with operator, subtask, record and the user's stack in its report. An error
 * that was blamed on an operator before (further down the chain) stays as it is.
 */
export function blame(thrown: unknown, place: OperatorPlace, inFlight: InFlight): IsthmusError {
  if (thrown instanceof RecordFailure) return blame(thrown.cause, place, thrown.inFlight);
  if (thrown instanceof IsthmusError) {
    if (thrown.code === 'ISTHMUS_CANCELLED') return thrown;
    if (thrown.report?.operatorId !== undefined) return thrown;
  }
  const report = reportOf(thrown, place, inFlight);
  if (thrown instanceof IsthmusError) {
    const blamed = errorFromReport({ ...thrown.report, ...report, code: thrown.code });
    blamed.cause = thrown;
    return blamed;
  }
  return new UserFunctionError(report.message, { cause: thrown, report });
}

function reportOf(thrown: unknown, place: OperatorPlace, inFlight: InFlight): ErrorReport {
  const isError = thrown instanceof Error;
  const type = isError ? thrown.name : typeof thrown;
  const message = isError ? thrown.message : inspectRecord(thrown);
  const at = `"${place.operator}" (subtask ${place.subtask + 1}/${place.parallelism})`;
  const record = inFlight.hasRecord ? inspectRecord(inFlight.record) : undefined;
  const said = printable(message);
  const what =
    thrown instanceof IsthmusError
      ? withPlace(said, place.operator, at)
      : `The function of operator ${at} raised ${type}: ${said}`;
  const report: ErrorReport = {
    code: thrown instanceof IsthmusError ? thrown.code : 'ISTHMUS_USER_FUNCTION',
    message: record === undefined ? what : `${what}\n  record: ${record}`,
    ...place,
    exceptionType: type,
    exceptionMessage: message,
  };
  if (record !== undefined) report.record = record;
  if (inFlight.hasKey) report.key = inspectRecord(inFlight.key);
  if (isError && thrown.stack !== undefined) {
    const { head, calls } = userStack(thrown, thrown.stack);
    report.traceback = printable([head, ...calls].join('\n'));
    report.fullTraceback = thrown.stack;
    if (!(thrown instanceof IsthmusError) && calls.length > 0) {
      report.message += `\n${calls.join('\n')}`;
    }
  }
  return report;
}

/** Many a message names the operator already. */
function withPlace(message: string, operator: string, at: string): string {
  const named = `Operator "${operator}"`;
  return message.startsWith(named)
    ? `Operator ${at}${message.slice(named.length)}`
    : `Operator ${at}: ${message}`;
}

/** Everything under these folders is ours: `dist/` when compiled, `src/` of the sources, which source maps name for both. */
const OUR_FOLDERS = ['..', '../../src/'].flatMap((folder) => {
  const url = new URL(folder, import.meta.url);
  return [url.href, fileURLToPath(url)];
});

/**
 * What a stack says of the error, and the calls below it: the user's, unless there are none. What the error says may be any
 * text, also one that looks like calls, so it is told apart by what it is and not by how it looks.
 */
function userStack({ name, message }: Error, stack: string): { head: string; calls: string[] } {
  const header = message === '' ? name : `${name}: ${message}`;
  const at = stack.indexOf(header);
  const end = at < 0 ? endOfText(stack) : at + header.length;
  const calls = stack.slice(end).split('\n').filter(isFrame);
  return { head: stack.slice(0, end), calls: calls.filter((line) => !isOurs(line)) };
}

/** Of an error whose text was changed later: where the calls at the end of its stack begin. */
function endOfText(stack: string): number {
  const lines = stack.split('\n');
  const text = lines.slice(0, lines.findLastIndex((line) => !isFrame(line)) + 1);
  return text.join('\n').length;
}

/** Text for a terminal: what would move its cursor or change its colours shows as an escape. Lines stay lines. */
export function printable(text: string): string {
  // All of category Cc but tab and line feed.
  return text.replace(
    /[^\P{Cc}\t\n]/gu,
    (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

function isOurs(line: string): boolean {
  return (
    line.includes('node:') ||
    OUR_FOLDERS.some((folder) => line.includes(folder)) ||
    /^\s+at (async )?(Promise\.|new Promise|Array\.|Generator\.|<anonymous>)/.test(line)
  );
}
