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
  const what =
    thrown instanceof IsthmusError
      ? withPlace(message, place.operator, at)
      : `The function of operator ${at} raised ${type}: ${message}`;
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
    report.traceback = userStack(thrown.stack);
    report.fullTraceback = thrown.stack;
    if (!(thrown instanceof IsthmusError)) {
      const frames = report.traceback.split('\n').slice(message.split('\n').length);
      if (frames.length > 0) report.message += `\n${frames.join('\n')}`;
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

/** Everything under this folder is ours: `src/` of the sources, `dist/` when compiled. */
const OUR_ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUR_URL = new URL('..', import.meta.url).href;

/** A stack with the lines of this runtime and of Node itself left out; whole, if nothing else is in it. */
export function userStack(stack: string): string {
  const lines = stack.split('\n');
  const kept = lines.filter((line) => !isFrame(line) || !isOurs(line));
  return kept.some(isFrame) ? kept.join('\n') : lines.filter((line) => !isFrame(line)).join('\n');
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

function isOurs(line: string): boolean {
  return (
    line.includes('node:') ||
    line.includes(OUR_ROOT) ||
    line.includes(OUR_URL) ||
    /^\s+at (async )?(Promise\.|new Promise|Array\.|Generator\.|<anonymous>)/.test(line)
  );
}
