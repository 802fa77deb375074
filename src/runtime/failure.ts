// What is said of a failure inside an operator: which operator, which subtask, which record, and the user's own lines.

import { fileURLToPath } from 'node:url';
import { type ErrorReport, IsthmusError, UserFunctionError, errorFromReport } from '../errors.ts';
import { type ThrownText, clip, inspectRecord, isOf, printable, thrownText } from './shown.ts';

export { inspectRecord, printable } from './shown.ts';

const MAX_TRACEBACK_CHARS = 20_000;
const MAX_STACK_CHARS = 40_000;
/** Of errors that Isthmus raises for a function; those of other codes are of a job that the function runs itself. */
const SAID_OF_A_FUNCTION = new Set([
  'ISTHMUS_GRAPH',
  'ISTHMUS_CONFIGURATION',
  'ISTHMUS_CODEC',
  'ISTHMUS_UNSUPPORTED',
  'ISTHMUS_USER_FUNCTION',
  'ISTHMUS_PROTOCOL',
  'ISTHMUS_INTERNAL',
]);

/** Where an operator runs. */
export interface OperatorPlace {
  operator: string;
  operatorId: number;
  task: number;
  subtask: number;
  parallelism: number;
}

/** An operator's place in the running job, and where the program made it. */
export interface BlamedOperator extends OperatorPlace {
  location?: { file: string; line: number } | undefined;
  /** What its windows, bounds and limits are, in a few words. */
  settings?: string | undefined;
}

/** What was in flight when an operator failed. */
export interface InFlight {
  record?: unknown;
  hasRecord: boolean;
  key?: unknown;
  hasKey: boolean;
  /** What was called, where it is not the operator's own function. */
  function?: string;
  /** Of a function that was given what a window holds. */
  window?: { window: unknown; elements: readonly unknown[] };
}

/** A failure of a record that an operator was given earlier; says which. */
export class RecordFailure extends Error {
  readonly inFlight: InFlight;

  /**
   * `cause` is what was thrown; `keyed` has the record's key where there is one; `called` says what was called, where it
   * is not the operator's function.
   */
  constructor(cause: unknown, record: unknown, keyed?: { key: unknown }, called?: string) {
    super('an earlier record failed', { cause });
    this.inFlight = { record, hasRecord: true, key: keyed?.key, hasKey: keyed !== undefined };
    if (called !== undefined) this.inFlight.function = called;
  }
}

/** A failure of a function that was given what a window of `key` holds. */
export class WindowFailure extends Error {
  readonly inFlight: InFlight;

  constructor(
    cause: unknown,
    keyed: { key: unknown } | undefined,
    window: unknown,
    elements: readonly unknown[],
  ) {
    super('a window failed', { cause });
    this.inFlight = { hasRecord: false, key: keyed?.key, hasKey: keyed !== undefined };
    this.inFlight.window = { window, elements };
  }
}

/** What the function threw, of a failure that says what it was given. */
export function thrownWithin(thrown: unknown): unknown {
  const isWrapped = isOf(thrown, RecordFailure) || isOf(thrown, WindowFailure);
  return isWrapped ? thrownWithin(thrown.cause) : thrown;
}

/**
 * The error to fail the job with: `thrown`, with operator, subtask, record and the user's stack in its report. An error
 * that was blamed on an operator before (further down the chain) stays as it is.
 */
export function blame(thrown: unknown, place: BlamedOperator, inFlight: InFlight): IsthmusError {
  if (isOf(thrown, WindowFailure)) return blame(thrown.cause, place, thrown.inFlight);
  if (isOf(thrown, RecordFailure)) {
    const { window, key, hasKey } = inFlight;
    const around = window === undefined ? {} : { window, key, hasKey };
    return blame(thrown.cause, place, { ...thrown.inFlight, ...around });
  }
  const own = saidOfAFunction(thrown);
  if (own?.report?.operatorId !== undefined) return own;
  const report = reportOf(thrown, own, place, inFlight);
  if (own !== undefined) {
    const blamed = errorFromReport({ ...own.report, ...report, code: own.code });
    blamed.cause = own;
    return blamed;
  }
  return new UserFunctionError(report.message, { cause: thrown, report });
}

function saidOfAFunction(thrown: unknown): IsthmusError | undefined {
  return isOf(thrown, IsthmusError) && SAID_OF_A_FUNCTION.has(thrown.code) ? thrown : undefined;
}

function reportOf(
  thrown: unknown,
  own: IsthmusError | undefined,
  { location, settings, ...place }: BlamedOperator,
  inFlight: InFlight,
): ErrorReport {
  const text = thrownText(thrown);
  const { type, message } = text;
  const at = `"${place.operator}" (subtask ${place.subtask + 1}/${place.parallelism})`;
  const record = inFlight.hasRecord ? inspectRecord(inFlight.record) : undefined;
  const said = printable(message);
  const what =
    own !== undefined
      ? withPlace(said, place.operator, at)
      : `${printable(type)} in ${calledOf(inFlight)}operator ${at}${said === '' ? '' : `: ${said}`}`;
  const key = inFlight.hasKey ? inspectRecord(inFlight.key) : undefined;
  const lines = [what];
  if (record !== undefined) lines.push(`  record: ${record}`);
  if (key !== undefined) lines.push(`  key: ${key}`);
  if (inFlight.window !== undefined) lines.push(...windowLines(inFlight.window));
  if (settings !== undefined) lines.push(`  settings: ${settings}`);
  if (location !== undefined) lines.push(`  defined at ${location.file}:${location.line}`);
  const report: ErrorReport = {
    code: own?.code ?? 'ISTHMUS_USER_FUNCTION',
    message: lines.join('\n'),
    ...place,
    exceptionType: type,
    exceptionMessage: message,
  };
  if (record !== undefined) report.record = record;
  if (key !== undefined) report.key = key;
  if (text.stack !== undefined) {
    const { head, calls } = userStack(text, text.stack);
    report.traceback = printable(clip([head, ...calls].join('\n'), MAX_TRACEBACK_CHARS));
    report.fullTraceback = clip(text.stack, MAX_STACK_CHARS);
    if (own === undefined && calls.length > 0) {
      report.message += `\n${clip(calls.join('\n'), MAX_TRACEBACK_CHARS)}`;
    }
  }
  return report;
}

function calledOf({ function: called }: InFlight): string {
  return called === undefined ? '' : `the ${called} of `;
}

const SHOWN_ELEMENTS = 3;
const MAX_ELEMENT_CHARS = 200;

function windowLines({ window, elements }: NonNullable<InFlight['window']>): string[] {
  const first = elements
    .slice(0, SHOWN_ELEMENTS)
    .map((element) => clip(inspectRecord(element), MAX_ELEMENT_CHARS));
  const more =
    elements.length > SHOWN_ELEMENTS ? `, … ${elements.length - SHOWN_ELEMENTS} more` : '';
  const shown = `  window: ${inspectRecord(window)}`;
  return first.length === 0 ? [shown] : [shown, `  elements: ${first.join(', ')}${more}`];
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
export function userStack(
  { type: name, whole: message }: ThrownText,
  stack: string,
): { head: string; calls: string[] } {
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

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

function isOurs(line: string): boolean {
  return (
    line.includes('node:') ||
    OUR_FOLDERS.some((folder) => line.includes(folder)) ||
    /^\s+at (async )?(Promise\.|new Promise|Array\.|Generator\.|<anonymous>|\S+\.next \(<anonymous>\))/.test(
      line,
    )
  );
}
