// Options from four places, each stronger than the one before: code, file, environment, command line.
//
//   C1. A value keeps the place it came from, for `isthmus doctor` and for errors.
//   C2. A value that does not fit its type is an error that names key, value, place and what would fit.
//   C3. An unknown key in a namespace of ours is a warning with a suggestion; keys of other namespaces are the user's, unless
//       they are a slip or two away from one of ours.

import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../errors.ts';
import { findOption, isForeign, type OptionSpec, options } from './options.ts';

export type Place = 'default' | 'code' | 'file' | 'environment' | 'command line';

export interface Setting {
  key: string;
  value: string;
  place: Place;
  /** The file or the environment variable. */
  from?: string;
}

export interface ResolvedConfiguration {
  /** Everything that is set, defaults left out. */
  values: Record<string, string>;
  settings: Setting[];
  warnings: string[];
}

export interface ConfigurationSources {
  code?: Readonly<Record<string, string>>;
  /** Path of a file with `key: value` or `key = value` lines; `#` begins a comment. */
  file?: string | undefined;
  environment?: Readonly<Record<string, string | undefined>>;
  commandLine?: Readonly<Record<string, string>>;
}

/** Merges the four places and checks every value. */
export function resolveConfiguration(sources: ConfigurationSources): ResolvedConfiguration {
  const settings = new Map<string, Setting>();
  const warnings: string[] = [];
  const add = (setting: Setting) => {
    const option = findOption(setting.key);
    if (option === undefined) {
      if (!isForeign(setting.key) || isMisspelt(setting.key)) warnings.push(unknownKey(setting));
    } else {
      checkValue(option, setting);
    }
    settings.set(setting.key, setting);
  };
  for (const [key, value] of Object.entries(sources.code ?? {})) add({ key, value, place: 'code' });
  if (sources.file !== undefined) {
    for (const [key, value] of readConfigurationFile(sources.file)) {
      add({ key, value, place: 'file', from: sources.file });
    }
  }
  for (const [name, value] of Object.entries(sources.environment ?? {})) {
    const option = optionOfVariable(name);
    if (option !== undefined && value !== undefined) {
      add({ key: option.key, value, place: 'environment', from: name });
    } else if (name.startsWith('ISTHMUS_')) {
      const near = misspeltVariable(name);
      if (near !== undefined) {
        warnings.push(
          `Unknown variable ${name} of the environment is ignored. Did you mean ${near}?`,
        );
      }
    }
  }
  for (const [key, value] of Object.entries(sources.commandLine ?? {})) {
    add({ key, value, place: 'command line' });
  }
  const list = [...settings.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    values: Object.fromEntries(list.map(({ key, value }) => [key, value])),
    settings: list,
    warnings,
  };
}

/** The environment variable of an option: `parallelism.default` is ISTHMUS_PARALLELISM_DEFAULT. */
export function variableOf(key: string): string {
  const name = key.replace(/^isthmus\./, '').replace(/[^A-Za-z0-9]+/g, '_');
  return `ISTHMUS_${name.toUpperCase()}`;
}

const byVariable = new Map(
  options.filter((option) => option.noEffect === undefined).map((o) => [variableOf(o.key), o]),
);

/** The variable of an option that is a slip or two away; others of this prefix belong to the set-up, or to nobody. */
function misspeltVariable(name: string): string | undefined {
  return [...byVariable.keys()].find((variable) => editDistance(name, variable, 3) < 3);
}

function optionOfVariable(name: string): OptionSpec | undefined {
  return byVariable.get(name);
}

function readConfigurationFile(path: string): [key: string, value: string][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`The configuration file ${path} cannot be read.`, { cause });
  }
  const found: [string, string][] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const bare = line.replace(/(^|\s)#.*$/, '').trim();
    if (bare === '') continue;
    const parts = /^([A-Za-z0-9_.-]+)\s*[:=]\s*(.*)$/.exec(bare);
    if (parts === null) {
      throw new ConfigurationError(
        `${path}, line ${index + 1}: "${bare}" is not of the form key: value.`,
      );
    }
    found.push([parts[1] ?? '', (parts[2] ?? '').replace(/^(["'])(.*)\1$/, '$2')]);
  }
  return found;
}

function checkValue(option: OptionSpec, setting: Setting): void {
  const { type, choices = [] } = option;
  const { value } = setting;
  const number = numberOf(option, value);
  const fits =
    type === 'string' ||
    (type === 'boolean' && /^(true|false)$/i.test(value)) ||
    (type === 'choice' && choices.some((c) => c.toLowerCase() === value.toLowerCase())) ||
    (number !== undefined && isWithin(option, number));
  if (fits) return;
  const place = setting.from === undefined ? setting.place : `${setting.place}: ${setting.from}`;
  throw new ConfigurationError(
    `${setting.key} is "${value}" (${place}); it must be ${wantedOf(option)}.`,
  );
}

/** The number of an option that is one, in milliseconds or bytes where it is a duration or a size. */
function numberOf({ type }: OptionSpec, text: string): number | undefined {
  switch (type) {
    case 'integer':
      return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case 'duration':
      return parseDurationMs(text);
    case 'bytes':
      return parseBytes(text);
    default:
      return undefined;
  }
}

function isWithin({ least = -Infinity, greatest = Infinity }: OptionSpec, value: number): boolean {
  return Number.isFinite(value) && value >= least && value <= greatest;
}

function wantedOf(option: OptionSpec): string {
  const { type, choices = [] } = option;
  switch (type) {
    case 'choice':
      return `one of ${choices.join(', ')}`;
    case 'duration':
      return `a duration such as 500 ms, 10 s or 2 min${rangeText(option)}`;
    case 'bytes':
      return `a size such as 512 mb${rangeText(option)}`;
    default:
      return `a value of type ${type}${rangeText(option)}`;
  }
}

/** The limits of an option in words; empty where it has none that one would come across. */
export function rangeText({ type, least, greatest }: OptionSpec): string {
  const shown = (value: number): string =>
    type === 'duration' ? durationText(value) : type === 'bytes' ? bytesText(value) : `${value}`;
  const low =
    least === undefined || (least === 0 && type === 'duration') ? undefined : shown(least);
  if (greatest === undefined) return low === undefined ? '' : `, ${low} or more`;
  return low === undefined ? `, at most ${shown(greatest)}` : `, from ${low} to ${shown(greatest)}`;
}

function durationText(ms: number): string {
  return ms >= 86_400_000 ? `${Math.floor(ms / 86_400_000)} d` : `${ms} ms`;
}

function bytesText(bytes: number): string {
  if (bytes >= 2 ** 20) return `${Math.floor(bytes / 2 ** 20)} mb`;
  return bytes >= 2 ** 10 ? `${Math.floor(bytes / 2 ** 10)} kb` : `${bytes} b`;
}

const durationUnits: [names: RegExp, ms: number][] = [
  [/^(ns|nano|nanos|nanosecond|nanoseconds)$/, 1e-6],
  [/^(us|µs|micro|micros|microsecond|microseconds)$/, 1e-3],
  [/^(|ms|milli|millis|millisecond|milliseconds)$/, 1],
  [/^(s|sec|secs|second|seconds)$/, 1000],
  [/^(m|min|mins|minute|minutes)$/, 60_000],
  [/^(h|hour|hours)$/, 3_600_000],
  [/^(d|day|days)$/, 86_400_000],
];

/** Milliseconds of a duration in Flink's notation; a bare number is milliseconds. */
export function parseDurationMs(text: string): number | undefined {
  const parts = /^(\d+)\s*([a-zµ]*)$/i.exec(text.trim());
  if (parts === null) return undefined;
  const unit = durationUnits.find(([names]) => names.test((parts[2] ?? '').toLowerCase()));
  return unit === undefined ? undefined : Number(parts[1]) * unit[1];
}

const byteUnits: Record<string, number> = {
  '': 1, b: 1, bytes: 1,
  k: 2 ** 10, kb: 2 ** 10, kibibytes: 2 ** 10,
  m: 2 ** 20, mb: 2 ** 20, mebibytes: 2 ** 20,
  g: 2 ** 30, gb: 2 ** 30, gibibytes: 2 ** 30,
}; // biome-ignore format: a table

/** Bytes of a size in Flink's notation (binary units); a bare number is bytes. */
export function parseBytes(text: string): number | undefined {
  const parts = /^(\d+)\s*([a-z]*)$/i.exec(text.trim());
  const unit = parts === null ? undefined : byteUnits[(parts[2] ?? '').toLowerCase()];
  return parts === null || unit === undefined ? undefined : Number(parts[1]) * unit;
}

/** A setting, else the option's default, in milliseconds. */
export function durationMs(config: Readonly<Record<string, string>>, key: string): number {
  return parseDurationMs(config[key] ?? findOption(key)?.default ?? '0') ?? 0;
}

/** A setting, else the option's default, in bytes; undefined where neither is said. */
export function sizeBytes(
  config: Readonly<Record<string, string>>,
  key: string,
): number | undefined {
  const text = config[key] ?? findOption(key)?.default;
  return text === undefined ? undefined : parseBytes(text);
}

/** A setting, else the option's default; undefined where neither is said. */
export function setting(config: Readonly<Record<string, string>>, key: string): string | undefined {
  return config[key] ?? findOption(key)?.default;
}

export function flag(config: Readonly<Record<string, string>>, key: string): boolean {
  return (config[key] ?? findOption(key)?.default ?? 'false').toLowerCase() === 'true';
}

function unknownKey(setting: Setting): string {
  const near = nearestKey(setting.key);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return `Unknown option ${setting.key} (${setting.from ?? setting.place}) is ignored.${hint}`;
}

/** Whether a key of another namespace is one of ours but for a slip or two, as in `paralelism.default`. */
function isMisspelt(key: string): boolean {
  const near = nearestKey(key);
  return near !== undefined && editDistance(key, near, 3) < 3;
}

/** The known key with the smallest edit distance, if it is near enough to be meant. */
export function nearestKey(key: string): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(key.length / 4)) + 1;
  for (const option of options) {
    const distance = editDistance(key, option.key, bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [option.key, distance];
  }
  return best;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? limit;
}
