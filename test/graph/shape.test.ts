import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeControl, encodeControl } from '../../src/bridge/codec/control.ts';
import { BridgeProtocolError } from '../../src/errors.ts';
import { slotDeploymentShape } from '../../src/graph/deployment-shape.ts';
import { submittedGraphShape } from '../../src/graph/job-graph-shape.ts';
import { checkShape, wrongField } from '../../src/graph/shape.ts';

interface Changed {
  at: (string | number)[];
  set?: unknown;
  remove?: true;
  wrong: string | null;
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/deployments.json', import.meta.url), 'utf8'),
) as { [of: string]: { valid: unknown[]; changed: Changed[] } };

describe.each([
  ['graph', submittedGraphShape],
  ['deployment', slotDeploymentShape],
] as const)('the shape of a %s', (of, shape) => {
  const { valid, changed } = vectors[of] as { valid: unknown[]; changed: Changed[] };

  test('takes what is right, which comes through the codec as it was', () => {
    for (const value of valid.map(withBytes)) {
      const read = decodeControl(encodeControl(value));
      checkShape(read, shape, 'it');
      expect(decodeControl(encodeControl(read))).toEqual(read);
      expect(wrongField(value, shape)).toBeUndefined();
    }
  });

  test('names the field that is wrong, as in Python', () => {
    expect(changed.length).toBeGreaterThan(500);
    const found = changed.map((change) => [
      change,
      wrongField(withBytes(changedBy(valid[0], change)), shape) ?? null,
    ]);
    expect(found).toEqual(changed.map((change) => [change, change.wrong]));
  });
});

test('an error says where, what was expected and what is there', () => {
  const [graph] = (vectors.graph as { valid: unknown[] }).valid;
  const said = (at: (string | number)[], set: unknown) => () =>
    checkShape(changedBy(graph, { at, set, wrong: null }), submittedGraphShape, 'SUBMIT');
  expect(said(['operators', 1, 'parallelism'], 'two')).toThrow(
    new BridgeProtocolError('SUBMIT: operators[1].parallelism: expected a whole number, got "two"'),
  );
  expect(said(['operators', 1, 'fns', 'trigger', 'form'], 'text')).toThrow(
    'SUBMIT: operators[1].fns.trigger.form: expected "pickle" or "import" or "closure" or "module", got "text"',
  );
  expect(said(['operators', 0, 'paralelism'], 2)).toThrow(
    'SUBMIT: operators[0].paralelism: is not known',
  );
});

function changedBy(value: unknown, { at, ...change }: Changed): unknown {
  const copy = structuredClone(value);
  const inner = at
    .slice(0, -1)
    .reduce((each: unknown, name) => (each as { [name: string]: unknown })[name], copy);
  const last = at.at(-1) as string;
  if (change.remove === true) delete (inner as { [name: string]: unknown })[last];
  else (inner as { [name: string]: unknown })[last] = change.set;
  return copy;
}

/** JSON has no bytes: they are written as an object of their base64. */
function withBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBytes);
  if (typeof value !== 'object' || value === null) return value;
  if ('$bytes' in value) return new Uint8Array(Buffer.from(value.$bytes as string, 'base64'));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withBytes(each)]));
}
