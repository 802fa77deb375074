// test/vectors/subtask-state.json and identity.json; test/python/state/storage/test_state_vectors.py is the twin.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeControl, encodeControl } from '../../../src/bridge/codec/control.ts';
import { decodePlain } from '../../../src/bridge/codec/decode.ts';
import { StateError } from '../../../src/errors.ts';
import type { Language, TypeSpec } from '../../../src/graph/job-graph.ts';
import { type Identity, checkIdentity, refusal } from '../../../src/state/identity.ts';
import {
  type KeptOperator,
  stateOfData,
  stateToData,
} from '../../../src/state/storage/subtask-state.ts';

function read<T>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'),
  ) as T;
}

interface OperatorCase {
  uid: string;
  name: string;
  kind: string;
  language: Language;
  keyType?: TypeSpec;
}

const { states, refused } = read<{
  states: { name: string; data: unknown; bytes: string }[];
  refused: { name: string; bytes: string; error: string }[];
}>('subtask-state');
const { cases } = read<{
  cases: {
    name: string;
    was: OperatorCase;
    tables: Record<string, number[]>;
    wasMaxParallelism: number;
    now: OperatorCase | null;
    maxParallelism: number;
    refusal: string | null;
  }[];
}>('identity');

test.each(states)('a state as data: $name', ({ data, bytes }) => {
  const read = decodeControl(Buffer.from(bytes, 'hex'));
  expect(inHex(read)).toEqual(data);
  expect(Buffer.from(encodeControl(stateToData(stateOfData(read)))).toString('hex')).toBe(bytes);
});

test.each(refused)('no state: $name', ({ bytes, error }) => {
  expect(() => stateOfData(decodePlain(Buffer.from(bytes, 'hex')))).toThrow(new StateError(error));
});

test.each(cases)('whose state it is: $name', (given) => {
  const { wasMaxParallelism, maxParallelism } = given;
  const was = operator(given.was, given.tables);
  const now: Identity | undefined = given.now ?? undefined;
  expect(refusal(was, wasMaxParallelism, now, maxParallelism)).toBe(given.refusal ?? undefined);
  const state = {
    subtask: 0,
    parallelism: 1,
    maxParallelism: wasMaxParallelism,
    files: [],
    operators: [was],
  };
  const check = () => checkIdentity([state], now === undefined ? [] : [now], maxParallelism);
  if (given.refusal === null) {
    const same = now === undefined || (was.kind === now.kind && was.language === now.language);
    expect(check()[0]?.operators[0]?.tables).toEqual(same ? was.tables : []);
  } else {
    expect(check).toThrow(new StateError(given.refusal));
  }
});

function operator(given: OperatorCase, tables: Record<string, number[]>): KeptOperator {
  return {
    ...given,
    tables: Object.entries(tables).map(([name, groups]) => ({
      name,
      form: 'keyed',
      chunks: groups.map((group) => ({
        codec: 2,
        group,
        kind: 0,
        file: 0,
        offset: 0,
        bytes: 0,
        checksum: Buffer.alloc(0),
      })),
    })),
  };
}

function inHex(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(inHex);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inHex(item)]));
}
