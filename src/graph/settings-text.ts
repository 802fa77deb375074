// What an operator does besides calling functions, in a few words: `1 min of event time, late by 5 s, reduce`. For whoever
// reads a picture, the progress of a job or an error. Twin of python/isthmus/_program/settings_text.py; what both say is
// test/vectors/settings-text.json.

import type { JsonValue, OperatorSpec } from './job-graph.ts';

type Said = { readonly [field: string]: JsonValue };

/** Undefined where its parameters say nothing worth a line. */
export function settingsText({ params }: Pick<OperatorSpec, 'params'>): string | undefined {
  const words = [...timesText(params), ...limitsText(params), ...howText(params)];
  return words.length === 0 ? undefined : words.join(', ');
}

/** Windows, bounds and watermarks. */
function timesText(params: Said): string[] {
  return said([
    [params.assigner, windowsText],
    [params.trigger, (trigger) => `fired ${triggerText(trigger)}`],
    [params.allowedLateness, (ms) => `late by ${durationText(ms)}`],
    [params.upper, (upper) => `${durationText(params.lower)} to ${durationText(upper)}`, isNumber],
    [params.tolerance, (ms) => `within ${durationText(ms)}`],
    [params.generator, (generator) => `${plain(generator)} watermarks`],
    [params.maxOutOfOrdernessMs, (ms) => `out of order by ${durationText(ms)}`],
    [params.idleTimeoutMs, (ms) => `idle after ${durationText(ms)}`],
    [params.monitorMs, (ms) => `new files each ${durationText(ms)}`],
  ]);
}

/** Sizes, and what is waited for. */
function limitsText(params: Said): string[] {
  return said([
    [params.to, (to) => `${plain(params.from)} to ${plain(to)}`, isNumber],
    [params.batchSize, (size) => `batches of ${plain(size)}`],
    [params.batchBytes, (bytes) => `batches of ${bytesText(bytes)}`],
    [params.latencyMs, (ms) => `waiting ${durationText(ms)}`],
    [params.capacity, (capacity) => `${plain(capacity)} at a time`],
    [params.timeout, (ms) => `given up after ${durationText(ms)}`],
    [params.retry, retryText],
    [params.cacheSize, (size) => `cache of ${plain(size)}`],
    [params.cacheTtl, (ms) => `good for ${durationText(ms)}`],
    [params.rolling, rollingText],
  ]);
}

function howText({ op, field, how }: Said): string[] {
  return said([
    [op, (fold) => `${plain(fold)} of ${plain(field)}`],
    // A fold is said already.
    [how === 'fold' ? undefined : how, plain],
  ]);
}

type Row = readonly [
  value: JsonValue | undefined,
  text: (value: JsonValue) => string,
  counts?: (value: JsonValue) => boolean,
];

/** The texts of values that are said: 0, null and what is empty say nothing. */
function said(rows: readonly Row[]): string[] {
  return rows.flatMap(([value, text, counts = isSomething]) =>
    value !== undefined && counts(value) ? [text(value)] : [],
  );
}

function windowsText(assigner: JsonValue): string {
  const { kind, time, size, slide, gap } = fieldsOf(assigner);
  const of = time === undefined ? '' : ` of ${time === 'event' ? 'event' : 'processing'} time`;
  switch (kind) {
    case 'count':
      return `${plain(size)} records${isAmount(slide) ? ` every ${slide}` : ''}`;
    case 'session':
      return `sessions with a gap of ${isAmount(gap) ? durationText(gap) : 'their own'}${of}`;
    case 'tumbling':
    case 'sliding': {
      const every = isAmount(slide) ? ` every ${durationText(slide)}` : '';
      return `${isAmount(size) ? durationText(size) : ''}${every}${of}`;
    }
    default:
      return kind === 'global' ? 'one window' : 'windows of its own';
  }
}

function triggerText(given: JsonValue): string {
  const { kind, count, interval, trigger } = fieldsOf(given);
  switch (kind) {
    case 'count':
      return `every ${plain(count)} records`;
    case 'continuous':
      return isAmount(interval) ? `every ${durationText(interval)}` : 'again and again';
    case 'purging':
      return `${trigger === undefined ? '' : triggerText(trigger)} and emptied`;
    case 'never':
      return 'never';
    default:
      return kind === 'function' ? 'by a trigger of its own' : 'at the end';
  }
}

function retryText(retry: JsonValue): string {
  const { kind, maxAttempts } = fieldsOf(retry);
  return kind === 'function' ? 'tried again as it says' : `tried ${plain(maxAttempts)} times`;
}

function rollingText(rolling: JsonValue): string {
  const { onCheckpoint, maxPartBytes } = fieldsOf(rolling);
  return onCheckpoint === true ? 'a file each checkpoint' : `files of ${bytesText(maxPartBytes)}`;
}

const DURATIONS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;
const SIZES = [
  ['GiB', 1 << 30],
  ['MiB', 1 << 20],
  ['KiB', 1 << 10],
] as const;

/** `90 s` of 90000: in the largest unit that leaves no rest. */
function durationText(ms: JsonValue | undefined): string {
  return amountText(ms, DURATIONS, 'ms');
}

function bytesText(bytes: JsonValue | undefined): string {
  return amountText(bytes, SIZES, 'bytes');
}

function amountText(
  amount: JsonValue | undefined,
  units: readonly (readonly [unit: string, length: number])[],
  smallest: string,
): string {
  const value = Number(amount ?? 0);
  const [unit, length] = units.find(([, each]) => value !== 0 && value % each === 0) ?? [
    smallest,
    1,
  ];
  return `${value / length} ${unit}`;
}

function plain(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function fieldsOf(value: JsonValue): Said {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function isAmount(value: JsonValue | undefined): value is number {
  return isNumber(value) && value > 0;
}

function isNumber(value: JsonValue | undefined): value is number {
  return typeof value === 'number';
}

function isSomething(value: JsonValue): boolean {
  return isNumber(value) ? value > 0 : value !== null && value !== false && value !== '';
}
