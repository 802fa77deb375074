// Settings from four places, each stronger than the one before: code, file, environment, command line. Resolved once for a job,
// they are numbers and words with the defaults in (`Settings`); everything behind reads only those.
//
//   C1. A value keeps the place it came from, for `isthmus doctor` and for errors.
//   C2. A value that does not fit its type is an error that names key, value, place and what would fit.
//   C3. An unknown key in a namespace of ours is a warning with a suggestion; keys of other namespaces are the user's, unless
//       they are a slip or two away from one of ours. A known key without effect is a warning with the reason,
//       unless it only tunes.
//   C4. In one place a key is stronger than those that Flink had for it before, and a map as a whole than its entries.

import { ConfigurationError } from '../errors.ts';
import { ACCEPTED, type AcceptedRow } from './accepted.ts';
import { readConfigurationFile } from './file.ts';
import { isSlip, nearestOf } from './nearest.ts';
import {
  type SettingHost,
  type SettingName,
  type SettingRow,
  type Settings,
  settingRows,
  type ValueSpec,
} from './table.ts';
import { mapText, parseValue, type Value } from './values.ts';

export type Place = 'default' | 'code' | 'file' | 'environment' | 'command line';

/** What somebody has set. */
export interface Setting {
  key: string;
  value: string;
  place: Place;
  /** File and line, or the variable of the environment. */
  from?: string;
  /** Of a map of which entries are set, `key.name` each. */
  entries?: Readonly<Record<string, string>>;
}

export interface ResolvedConfiguration {
  settings: Settings;
  /** What is set, the strongest of each key; keys of the user's among them. */
  said: Setting[];
  warnings: string[];
}

export interface ConfigurationSources {
  code?: Readonly<Record<string, string>>;
  /** Path of a file, or of a folder with one (src/config/file.ts). */
  file?: string | undefined;
  environment?: Readonly<Record<string, string | undefined>>;
  commandLine?: Readonly<Record<string, string>>;
}

/**
 * Merges the four places and checks every value.
 *
 * @throws ConfigurationError when a value does not fit, or the file cannot be read
 */
export function resolveConfiguration(sources: ConfigurationSources): ResolvedConfiguration {
  const warnings: string[] = [];
  const strongest = new Map<string, Setting>();
  for (const place of placesOf(sources, warnings)) {
    for (const setting of settled(place)) {
      const warning = checked(setting);
      if (warning !== undefined) warnings.push(warning);
      strongest.set(setting.key, merged(strongest.get(setting.key), setting));
    }
  }
  const said = [...strongest.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { settings: settingsOfTexts(strongest), said, warnings };
}

/** What code may say of a key. */
export type ConfigValue =
  | string
  | number
  | boolean
  | readonly string[]
  | Readonly<Record<string, string | number | boolean>>;

/** As `-D` would say them. */
export function textsOf(config: Readonly<Record<string, ConfigValue>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}

/**
 * The settings that code alone says, for what runs without a job.
 *
 * @throws ConfigurationError when a value does not fit, or a key in a namespace of ours is unknown
 */
export function settingsOf(config: Readonly<Record<string, ConfigValue>>): Settings {
  const code = textsOf(config);
  for (const key of Object.keys(code)) {
    const unknown = unknownKey({ key, value: '', place: 'code' }, '.');
    if (unknown !== undefined) throw new ConfigurationError(unknown);
  }
  return resolveConfiguration({ code }).settings;
}

/** What Python workers are told of the settings of a job. */
export type WorkerSettings = { readonly [Name in SettingName]?: Settings[Name] };

export function workerSettings(settings: Settings): WorkerSettings {
  return Object.fromEntries(
    settingRows
      .filter(([name, { hosts }]) => heeds(hosts, 'worker') && settings[name] !== undefined)
      .map(([name]) => [name, settings[name]]),
  );
}

function heeds(hosts: readonly SettingHost[], host: SettingHost): boolean {
  return hosts.includes(host);
}

/** The environment variable of a setting: `parallelism.default` is ISTHMUS_PARALLELISM_DEFAULT. */
export function variableOf(key: string): string {
  const name = key.replace(/^isthmus\./, '').replace(/[^A-Za-z0-9]+/g, '_');
  return `ISTHMUS_${name.toUpperCase()}`;
}

const rows = new Map<string, SettingRow>(settingRows.map(([, row]) => [row.key, row]));
const byVariable = new Map(settingRows.map(([, { key }]) => [variableOf(key), key]));
/** The key of today for one of before. */
const renamed = new Map(
  [...rows.entries(), ...Object.entries(ACCEPTED)].flatMap(([key, { alternatives = [] }]) =>
    alternatives.map((alternative) => [alternative, key] as const),
  ),
);
const maps = settingRows.filter(([, { type }]) => type === 'map').map(([, { key }]) => key);

/** Every key that is known, those of before among them. */
export const knownKeys: readonly string[] = [
  ...rows.keys(),
  ...Object.keys(ACCEPTED),
  ...renamed.keys(),
];

/** The weakest first. */
function placesOf(sources: ConfigurationSources, warnings: string[]): Setting[][] {
  const { code = {}, file, environment = {}, commandLine = {} } = sources;
  const entries = (values: Readonly<Record<string, string>>, place: Place) =>
    Object.entries(values).map(([key, value]): Setting => ({ key, value, place })); // C1
  return [
    entries(code, 'code'),
    file === undefined ? [] : fileSettings(file),
    environmentSettings(environment, warnings),
    entries(commandLine, 'command line'),
  ];
}

function fileSettings(file: string): Setting[] {
  const { path, entries } = readConfigurationFile(file);
  return entries.map(({ key, value, line }) => ({
    key,
    value,
    place: 'file',
    from: `${path}, line ${line}`,
  }));
}

function environmentSettings(
  environment: Readonly<Record<string, string | undefined>>,
  warnings: string[],
): Setting[] {
  const found: Setting[] = [];
  for (const [name, value] of Object.entries(environment)) {
    const key = byVariable.get(name);
    if (key === undefined) {
      // Others of this prefix belong to the set-up, or to nobody.
      const near = name.startsWith('ISTHMUS_')
        ? [...byVariable.keys()].find((variable) => isSlip(name, variable))
        : undefined;
      if (near !== undefined) {
        warnings.push(
          `Unknown variable ${name} of the environment is ignored. Did you mean ${near}?`,
        );
      }
    } else if (value !== undefined && value !== '') {
      found.push({ key, value, place: 'environment', from: name });
    }
  }
  return found;
}

/** Each setting of a place once, under its key of today (C4). */
function settled(place: readonly Setting[]): Setting[] {
  const found = new Map<string, Setting>();
  const entriesOf = new Map<string, Setting>();
  for (const setting of place) {
    const key = renamed.get(setting.key);
    if (key !== undefined) found.set(key, { ...setting, key });
    const map = maps.find((name) => setting.key.startsWith(`${name}.`));
    if (map === undefined) continue;
    const entry = { [setting.key.slice(map.length + 1)]: setting.value };
    entriesOf.set(map, merged(entriesOf.get(map), { ...setting, key: map, entries: entry }));
  }
  for (const [key, setting] of entriesOf) found.set(key, setting);
  for (const setting of place) {
    if (renamed.has(setting.key) || maps.some((name) => setting.key.startsWith(`${name}.`))) {
      continue;
    }
    found.set(setting.key, setting);
  }
  return [...found.values()];
}

/** The stronger setting; entries of a map are set one by one. */
function merged(weaker: Setting | undefined, stronger: Setting): Setting {
  if (stronger.entries === undefined) return stronger;
  const entries = { ...weaker?.entries, ...stronger.entries };
  return { ...stronger, entries, value: mapText(entries) };
}

/** The warning that a setting is worth, if any (C2, C3). */
function checked(setting: Setting): string | undefined {
  const row = rows.get(setting.key);
  const accepted: AcceptedRow | undefined = ACCEPTED[setting.key];
  const spec = row ?? accepted;
  if (spec === undefined) return unknownKey(setting, ' is ignored.');
  if (!isUnset(spec, setting.value) && parseValue(spec, setting.value) === undefined) {
    throw new ConfigurationError(
      `${setting.key} is "${setting.value}" (${placeText(setting)}); it must be ${wantedText(spec)}.`,
    );
  }
  if (accepted === undefined || accepted.tuning === true) return undefined;
  return `${setting.key} (${placeText(setting)}) has no effect: ${accepted.why}.`;
}

/** Nothing, where a text is asked for. */
function isUnset({ type }: ValueSpec, text: string): boolean {
  return type === 'string' && text === '';
}

function placeText({ place, from }: Setting): string {
  return from === undefined ? place : `${place}: ${from}`;
}

const defaults = new Map<SettingName, Value | undefined>(
  settingRows.map(([name, row]) => [
    name,
    row.default === undefined ? undefined : parseValue(row, row.default),
  ]),
);

function settingsOfTexts(said: ReadonlyMap<string, Setting>): Settings {
  const settings = Object.fromEntries(
    settingRows.map(([name, row]) => {
      const text = said.get(row.key)?.value;
      const isSaid = text !== undefined && !isUnset(row, text);
      return [name, isSaid ? parseValue(row, text) : defaults.get(name)];
    }),
  );
  return settings as unknown as Settings;
}

function wantedText(spec: ValueSpec): string {
  switch (spec.type) {
    case 'choice':
      return `one of ${(spec.choices ?? []).join(', ')}`;
    case 'duration':
      return `a duration such as 500 ms, 10 s or 2 min${rangeText(spec)}`;
    case 'bytes':
      return `a size such as 512 mb${rangeText(spec)}`;
    case 'list':
      return `a list such as a${spec.separator ?? ';'}b or [a, b], with quotes that close`;
    case 'map':
      return 'a map such as a:1,b:2 or {a: 1, b: 2}, with quotes that close';
    default:
      return `a value of type ${spec.type}${rangeText(spec)}`;
  }
}

/** The limits of a setting in words; empty where it has none that one would come across. */
export function rangeText({ type, least, greatest, synonyms = {} }: ValueSpec): string {
  const shown = (value: number): string =>
    type === 'duration' ? durationText(value) : type === 'bytes' ? bytesText(value) : `${value}`;
  const low =
    least === undefined || (least === 0 && type === 'duration') ? undefined : shown(least);
  const words = type === 'integer' ? Object.keys(synonyms).map((word) => ` or ${word}`) : [];
  if (greatest === undefined) return low === undefined ? '' : `, ${low} or more`;
  const range =
    low === undefined ? `, at most ${shown(greatest)}` : `, from ${low} to ${shown(greatest)}`;
  return range + words.join('');
}

function durationText(ms: number): string {
  return ms >= 86_400_000 ? `${Math.floor(ms / 86_400_000)} d` : `${ms} ms`;
}

function bytesText(bytes: number): string {
  if (bytes >= 2 ** 20) return `${Math.floor(bytes / 2 ** 20)} mb`;
  return bytes >= 2 ** 10 ? `${Math.floor(bytes / 2 ** 10)} kb` : `${bytes} b`;
}

/** Keys that belong to the user: job parameters in the manner of Flink's programs. */
function isForeign(key: string): boolean {
  return !/^(parallelism|pipeline|execution|restart-strategy|python|isthmus|state)\./.test(key);
}

/** C3 */
function unknownKey(setting: Setting, consequence: string): string | undefined {
  const { key } = setting;
  if (rows.has(key) || ACCEPTED[key] !== undefined || renamed.has(key)) return undefined;
  if (maps.some((name) => key.startsWith(`${name}.`))) return undefined;
  const near = nearestOf(key, knownKeys);
  if (isForeign(key) && (near === undefined || !isSlip(key, near))) return undefined;
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return `Unknown option ${key} (${placeText(setting)})${consequence}${hint}`;
}
