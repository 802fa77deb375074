// What the text of a setting says, by Flink's notations. Twin of python/isthmus/_settings/values.py; test/vectors/settings.json holds
// both to the same. Every parser gives undefined for what it cannot read.

import type { ValueSpec } from './table.ts';

export type Value = number | boolean | string | string[] | Record<string, string>;

/** The value of a text; undefined where it is none of the kind, or beyond the limits. */
export function parseValue(spec: ValueSpec, text: string): Value | undefined {
  const { synonyms = {}, least = -Infinity, greatest = Infinity } = spec;
  const word = text.trim();
  const meant = Object.hasOwn(synonyms, word.toLowerCase())
    ? (synonyms[word.toLowerCase()] as string)
    : word;
  const value = read(spec, meant);
  if (typeof value !== 'number') return value;
  return Number.isFinite(value) && value >= least && value <= greatest ? value : undefined;
}

function read(spec: ValueSpec, text: string): Value | undefined {
  switch (spec.type) {
    case 'integer':
      return /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined;
    case 'number':
      return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(text)
        ? Number(text)
        : undefined;
    case 'boolean':
      return parseBoolean(text);
    case 'duration':
      return parseDurationMs(text);
    case 'bytes':
      return parseBytes(text);
    case 'choice':
      return spec.choices?.find((choice) => loose(choice) === loose(text));
    case 'list':
      return parseList(text, spec.separator);
    case 'map':
      return parseMap(text);
    case 'string':
      return text;
  }
}

/** As Flink compares the names of an enumeration. */
function loose(word: string): string {
  return word.toLowerCase().replaceAll('-', '_');
}

export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

const durationUnits: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      [1e-6, 'ns nano nanos nanosecond nanoseconds'],
      [1e-3, 'us µs micro micros microsecond microseconds'],
      [1, 'ms milli millis millisecond milliseconds'],
      [1_000, 's sec secs second seconds'],
      [60_000, 'm min mins minute minutes'],
      [3_600_000, 'h hour hours'],
      [86_400_000, 'd day days'],
    ] as const
  ).flatMap(([ms, names]) => names.split(' ').map((name) => [name, ms])),
);

const ISO_DURATION =
  /^P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:[.,][0-9]{0,9})?)S)?)?$/i;

/** Whole milliseconds of a duration, `10 s` or ISO-8601's `PT10S`; a bare number is milliseconds. */
export function parseDurationMs(text: string): number | undefined {
  const parts = /^([0-9]+)\s*([a-zµ]*)$/i.exec(text.trim());
  if (parts === null) return isoDurationMs(text.trim());
  const [, number, unit = ''] = parts;
  const ms = unit === '' ? 1 : durationUnits[unit.toLowerCase()];
  return ms === undefined ? undefined : Math.floor(Number(number) * ms);
}

function isoDurationMs(text: string): number | undefined {
  const parts = ISO_DURATION.exec(text);
  if (parts === null || /[PT]$/i.test(text)) return undefined;
  const [, days = 0, hours = 0, minutes = 0, seconds = '0'] = parts;
  const [whole = '0', fraction = ''] = seconds.split(/[.,]/);
  const full = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(whole);
  return full * 1_000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
}

const byteUnits: Readonly<Record<string, number>> = Object.fromEntries(
  ['b bytes', 'k kb kibibytes', 'm mb mebibytes', 'g gb gibibytes', 't tb tebibytes'].flatMap(
    (names, power) => names.split(' ').map((name) => [name, 2 ** (10 * power)]),
  ),
);

/** Bytes of a size, in binary units; a bare number is bytes. */
export function parseBytes(text: string): number | undefined {
  const parts = /^([0-9]+)\s*([a-z]*)$/i.exec(text.trim());
  if (parts === null) return undefined;
  const [, number, unit = ''] = parts;
  const bytes = unit === '' ? 1 : byteUnits[unit.toLowerCase()];
  return bytes === undefined ? undefined : Number(number) * bytes;
}

/** `a;b`, where quotes protect a separator, or `[a, b]`; empty items do not count. */
export function parseList(text: string, separator = ';'): string[] | undefined {
  const inner = between(text, '[', ']');
  const isFlow = inner !== undefined;
  const items = split(inner ?? text, { separator: isFlow ? ',' : separator, isFlow });
  return items && unquotedAll(items, isFlow);
}

/** `a:1,b:2`, where quotes protect separators, or `{a: 1, b: 2}`. */
export function parseMap(text: string): Record<string, string> | undefined {
  const inner = between(text, '{', '}');
  const isFlow = inner !== undefined;
  const entries = split(inner ?? text, { separator: ',', isFlow, alsoBehind: ':' });
  const pairs: [string, string][] = [];
  for (const entry of entries ?? [':']) {
    // Flink quotes an entry as a whole, and name and value in it once more.
    const whole = isFlow ? entry : (unquoted(entry, false) ?? entry);
    const [at] = separators(whole, { separator: ':', isFlow }) ?? [];
    const pair =
      at === undefined ? undefined : unquotedAll([whole.slice(0, at), whole.slice(at + 1)], isFlow);
    if (pair === undefined || pair[0] === '') return undefined;
    pairs.push(pair as [string, string]);
  }
  return Object.fromEntries(pairs);
}

/** What a text is that `parseMap` reads as this map. */
export function mapText(map: Readonly<Record<string, string>>): string {
  const entries = Object.entries(map).map(([name, value]) =>
    quoted(`${quoted(name, /[:'"{]/)}:${quoted(value, /[:'"]/)}`, /[,'"]/),
  );
  return entries.join(',');
}

function quoted(text: string, special: RegExp): string {
  const isPlain = !special.test(text) && text === text.trim();
  return isPlain ? text : `'${text.replaceAll("'", "''")}'`;
}

function between(text: string, open: string, close: string): string | undefined {
  const word = text.trim();
  return word.length > 1 && word.startsWith(open) && word.endsWith(close)
    ? word.slice(1, -1)
    : undefined;
}

interface Notation {
  separator: string;
  /** With brackets, as YAML has it: a backslash in double quotes takes the character behind it along. */
  isFlow: boolean;
  /** A quote opens at the start of a part, and behind this. */
  alsoBehind?: string;
}

/** The parts between separators, trimmed and with their quotes, but for empty ones; undefined where a quote does not close. */
function split(text: string, notation: Notation): string[] | undefined {
  const at = separators(text, notation);
  if (at === undefined) return undefined;
  const parts = [...at, text.length].map((end, i) =>
    text.slice(i === 0 ? 0 : (at[i - 1] ?? 0) + 1, end),
  );
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** Where the separators outside of quotes are. */
function separators(
  text: string,
  { separator, isFlow, alsoBehind }: Notation,
): number[] | undefined {
  const found: number[] = [];
  let quote = '';
  let opens = true;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote !== '') {
      if (isFlow && quote === '"' && c === '\\') i++;
      // A doubled quote closes and opens again.
      else if (c === quote) [quote, opens] = ['', true];
    } else if (c === separator) {
      found.push(i);
      opens = true;
    } else if (opens && (c === "'" || c === '"')) {
      quote = c;
    } else if (c.trim() !== '') {
      opens = c === alsoBehind;
    }
  }
  return quote === '' ? found : undefined;
}

function unquotedAll(parts: readonly string[], isFlow: boolean): string[] | undefined {
  const found = parts.map((part) => unquoted(part, isFlow));
  return found.includes(undefined) ? undefined : (found as string[]);
}

/** With brackets, double quotes are as in JSON, and there are no further brackets within. */
function unquoted(part: string, isFlow: boolean): string | undefined {
  const text = part.trim();
  const quote = text.slice(0, 1);
  if (quote !== "'" && quote !== '"') {
    return isFlow && (quote === '[' || quote === '{') ? undefined : text;
  }
  if (text.length < 2 || !text.endsWith(quote)) return undefined;
  if (isFlow && quote === '"') return jsonString(text);
  const inner = text.slice(1, -1).split(quote + quote);
  return inner.some((piece) => piece.includes(quote)) ? undefined : inner.join(quote);
}

function jsonString(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}
