import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type JobEvent, JobEvents } from '../../src/runtime/job-events.ts';
import { ofKind } from '../fixtures/happened.ts';

const at = () => 1;

async function all(events: AsyncIterable<JobEvent>): Promise<JobEvent[]> {
  const read: JobEvent[] = [];
  for await (const event of events) read.push(event);
  return read;
}

test('a listener is called at once, in order', () => {
  const heard: string[] = [];
  const events = new JobEvents(at, [({ kind }) => void heard.push(kind)]);
  events.tell({ kind: 'attempt-started' });
  events.tell({ kind: 'status', status: 'RUNNING' });
  expect(heard).toEqual(['attempt-started', 'status']);
});

test('a log line waits for who takes it, and nothing else does', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = new JobEvents(at, [() => promise, () => {}]);
  events.tell({ kind: 'attempt-started' });
  const held = events.log({ level: 'info', logger: '', message: '' });
  resolve();
  await held;
  expect(held).toBeInstanceOf(Promise);
});

test('a reader gets what comes while it waits, with its attempt, to the end', async () => {
  const events = new JobEvents(at, []);
  const read = all(events.read());
  await Promise.resolve();
  events.beginAttempt(3);
  events.tell({ kind: 'metrics', operators: [] });
  events.end();
  expect(await read).toEqual([{ kind: 'metrics', operators: [], at: 1, attempt: 3 }]);
});

test('a late reader gets what has happened, and not what passes', async () => {
  const events = new JobEvents(at, []);
  events.tell({ kind: 'attempt-started' });
  events.tell({ kind: 'results', operator: 1, subtask: 0, count: 5 });
  events.tell({ kind: 'status', status: 'FINISHED' });
  events.end();
  for (const _ of [1, 2]) {
    const kinds = (await all(events.read())).map(({ kind }) => kind);
    expect(kinds).toEqual(['attempt-started', 'status']);
  }
});

test('of what is not read the oldest go, and their number is told', async () => {
  const events = new JobEvents(at, []);
  const reader = events.read();
  const total = 10_000;
  for (let count = 1; count <= total; count++) {
    events.tell({ kind: 'results', operator: 1, subtask: 0, count });
  }
  events.tell({ kind: 'status', status: 'FINISHED' });
  events.end();
  const [first, ...rest] = await all(reader);
  if (first?.kind !== 'events-dropped') throw new Error(`${first?.kind} comes first`);
  expect(first.count + rest.length).toBe(total + 1);
  expect(rest.length).toBeLessThan(2_048);
  expect(ofKind(rest, 'results')[0]?.count).toBe(first.count + 1);
  expect(rest.at(-1)).toMatchObject({ kind: 'status', status: 'FINISHED' });
});

test('a reader that has left takes no more', async () => {
  const events = new JobEvents(at, []);
  const reader = events.read();
  const waiting = reader.next();
  await reader.return?.();
  events.tell({ kind: 'attempt-started' });
  expect((await waiting).done).toBe(true);
  expect((await reader.next()).done).toBe(true);
});

test('docs/events.md has every kind and field of the union', () => {
  const here = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const source = readFileSync(here('src/runtime/job-events.ts'), 'utf8');
  const coordinator = readFileSync(here('src/checkpoint/coordinator.ts'), 'utf8');
  const [ofCheckpoints] = coordinator
    .slice(coordinator.indexOf('type CheckpointNews'))
    .split('\n\n');
  const union = source
    .slice(source.indexOf('export type JobNews'), source.indexOf('export type JobEvent ='))
    .replace('| CheckpointNews', ofCheckpoints as string);
  const fieldsOf = (text: string): string[] =>
    [...text.matchAll(/\b(\w+)\??:/g)].map(([, name]) => name as string);
  const bodyOf = (name: string) =>
    fieldsOf(
      (new RegExp(`interface ${name} \\{([^}]*)\\}`).exec(source)?.[1] ?? '').replaceAll(
        /\/\*\*.*?\*\//g,
        '',
      ),
    );
  const inSource = [...union.matchAll(/\{\s*kind: '([\w-]+)'([^}]*)\}(?: & (\w+)\))?/g)].map(
    ([, kind, fields, shared]): [string, string[]] => [
      kind as string,
      [...fieldsOf(fields as string), ...(shared === undefined ? [] : bodyOf(shared))].toSorted(),
    ],
  );
  const page = readFileSync(here('docs/events.md'), 'utf8').split('## Counts')[0] as string;
  const onPage = [...page.matchAll(/^\| `([\w-]+)` \| ([^|]*)\|/gm)].map(
    ([, kind, fields]): [string, string[]] => [
      kind as string,
      [...(fields as string).matchAll(/`(\w+)`/g)].map(([, name]) => name as string).toSorted(),
    ],
  );
  expect(inSource.length).toBeGreaterThan(20);
  expect(onPage).toEqual(inSource);
});
