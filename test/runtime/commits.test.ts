// Commits of a subtask: when they come, and what waits for them. Twin of test/python/worker/test_commits.py.

import { expect, test } from 'vitest';
import type { Sink } from '../../src/operators/sink.ts';
import { op } from './local-job.ts';
import { OneSubtask, type OneSubtaskOptions } from './one-subtask.ts';

/** Commits where nothing is down, and notes what happens. */
class Noting implements Sink<string, string> {
  readonly happened: string[] = [];
  /** An operator of one uid, whoever opens it. */
  readonly chain = [op('sink' as never, this)];
  isDown = false;
  #changed = Promise.withResolvers<void>();

  writer() {
    let rows: string[] = [];
    return {
      write: (value: string) => {
        rows.push(value);
        this.#note(`written ${value}`);
      },
      prepare: () => {
        const committables = rows;
        rows = [];
        return { committables };
      },
    };
  }

  committer() {
    return {
      commit: (committables: readonly { value: string }[]) => {
        const values = committables.map(({ value }) => value).join(' ');
        this.#note(this.isDown ? `refused ${values}` : `committed ${values}`);
        if (this.isDown) throw new Error('down');
      },
    };
  }

  async until(what: string): Promise<void> {
    while (!this.happened.includes(what)) await this.#changed.promise;
  }

  #note(what: string): void {
    this.happened.push(what);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

const open = (sink: Noting, options: OneSubtaskOptions = {}) =>
  OneSubtask.open(sink.chain, { inputs: 1, ...options });

const barrier = (checkpoint: number) =>
  ({ kind: 'barrier', checkpoint, timestamp: 0, of: 'checkpoint' }) as const;

test('a commit that fails is tried again, and the subtask closes behind it', async () => {
  const sink = new Noting();
  const one = await open(sink);
  one.feed(0, 'a');
  one.arrive(0, { kind: 'end' });
  await one.untilTold('drained');
  one.trigger(1);
  await one.saved(1);
  sink.isDown = true;
  one.complete(1);
  await sink.until('refused a');
  await one.quiet();
  expect(one.told).toEqual(['drained', 'saved 1']);
  sink.isDown = false;
  await one.untilTold('closed');
  expect(sink.happened.filter((what) => !what.startsWith('refused'))).toEqual([
    'written a',
    'committed a',
  ]);
});

test('nothing is written before what was restored is committed', async () => {
  const sink = new Noting();
  const first = await open(sink);
  first.feed(0, 'a');
  first.arrive(0, barrier(1));
  const saved = await first.saved(1);
  await first.close();

  sink.isDown = true;
  const opening = open(sink, { restore: [saved], attempt: 1 });
  await sink.until('refused a');
  const one = await opening;
  one.feed(0, 'b');
  await one.quiet();
  expect(sink.happened).not.toContain('written b');
  sink.isDown = false;
  await sink.until('written b');
  expect(sink.happened.filter((what) => !what.startsWith('refused'))).toEqual([
    'written a',
    'committed a',
    'written b',
  ]);
  await one.close();
});

test('a checkpoint commits what was prepared for it and before, and nothing that came later', async () => {
  const sink = new Noting();
  const one = await open(sink);
  for (const [n, value] of ['a', 'b', 'c'].entries()) {
    one.feed(0, value);
    one.arrive(0, barrier(n + 1));
    await one.saved(n + 1);
  }
  await one.abort(1);
  one.complete(2);
  await sink.until('committed a b');
  one.complete(3);
  await sink.until('committed c');
  await one.close();
});
