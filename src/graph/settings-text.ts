// What an operator does besides calling functions, in a few words: `tumbling 1 min of event time, reduce`.

import type { JsonValue, OperatorSpec } from './job-graph.ts';

type Said = { readonly [field: string]: JsonValue };

/** Undefined where its parameters say nothing worth a line in a picture. */
export function settingsText({ params }: Pick<OperatorSpec, 'params'>): string | undefined {
  const words = [
    isSaid(params.assigner) ? windowsText(params.assigner) : undefined,
    isSaid(params.trigger) ? `fired ${triggerText(params.trigger)}` : undefined,
    isAmount(params.allowedLateness)
      ? `late by ${durationText(params.allowedLateness)}`
      : undefined,
    typeof params.lower === 'number' && typeof params.upper === 'number'
      ? `${durationText(params.lower)} to ${durationText(params.upper)}`
      : undefined,
    isAmount(params.tolerance) ? `within ${durationText(params.tolerance)}` : undefined,
    typeof params.generator === 'string' ? `${params.generator} watermarks` : undefined,
    isAmount(params.maxOutOfOrdernessMs)
      ? `out of order by ${durationText(params.maxOutOfOrdernessMs)}`
      : undefined,
    typeof params.op === 'string' ? `${params.op} of ${plain(params.field)}` : undefined,
    isAmount(params.capacity) ? `${params.capacity} at a time` : undefined,
    typeof params.how === 'string' ? params.how : undefined,
  ].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : words.join(', ');
}

function windowsText({ kind, time, size, slide, gap }: Said): string {
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

function triggerText({ kind, count, interval, trigger }: Said): string {
  switch (kind) {
    case 'count':
      return `every ${plain(count)} records`;
    case 'continuous':
      return isAmount(interval) ? `every ${durationText(interval)}` : 'again and again';
    case 'purging':
      return `${isSaid(trigger) ? triggerText(trigger) : ''} and emptied`;
    case 'never':
      return 'never';
    default:
      return kind === 'function' ? 'by a trigger of its own' : 'at the end';
  }
}

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** `90 s` of 90000: in the largest unit that leaves no rest. */
function durationText(ms: number): string {
  const [unit, length] = UNITS.find(([, each]) => ms !== 0 && ms % each === 0) ?? ['ms', 1];
  return `${ms / length} ${unit}`;
}

function plain(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function isAmount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && value > 0;
}

function isSaid(value: JsonValue | undefined): value is Said & { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
