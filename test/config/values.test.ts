// The notations of settings, by the vectors that test/python/settings reads, too.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { settingsOf, workerSettings } from '../../src/config/resolve.ts';
import {
  mapText,
  parseBoolean,
  parseBytes,
  parseDurationMs,
  parseList,
  parseMap,
} from '../../src/config/values.ts';
import { ConfigurationError } from '../../src/errors.ts';

type Texts<Value> = [text: string, value: Value | null][];

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/settings.json', import.meta.url), 'utf8'),
) as {
  durations: Texts<number>;
  sizes: Texts<number>;
  booleans: Texts<boolean>;
  lists: Texts<string[]>;
  maps: Texts<Record<string, string>>;
  mapTexts: Record<string, string>[];
  told: { said: Record<string, string>; settings: Record<string, unknown> }[];
  refused: [said: Record<string, string>, error: string][];
};

const parsed = [
  ['duration', parseDurationMs, vectors.durations],
  ['size', parseBytes, vectors.sizes],
  ['boolean', parseBoolean, vectors.booleans],
  ['list', parseList, vectors.lists],
  ['map', parseMap, vectors.maps],
] as const;

describe.each(parsed)('a %s', (_type, parse, texts) => {
  test.each<[string, unknown]>(texts)('%j', (text, value) => {
    expect(parse(text) ?? null).toEqual(value);
  });
});

test.each(vectors.mapTexts)('the text of %j is read as it', (map) => {
  expect(parseMap(mapText(map))).toEqual(map);
});

test.each(vectors.told)('$said', ({ said, settings }) => {
  const defaults = vectors.told[0]?.settings;
  expect(workerSettings(settingsOf(said))).toEqual({ ...defaults, ...settings });
});

test.each(vectors.refused)('%j is refused', (said, error) => {
  expect(() => settingsOf(said)).toThrow(ConfigurationError);
  expect(() => settingsOf(said)).toThrow(error);
});
