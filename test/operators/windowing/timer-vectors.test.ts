// Timers as both hosts fire them: test/vectors/timers.json. `ISTHMUS_WRITE_VECTORS=1` writes it anew.
//
// Steps: `+5a` registers a timer of key a for time 5, `-5a` deletes it, `@9` fires what is due by 9. `on`: what the function
// does when a timer fires, the first time. What has fired is in order.

import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TimerQueue } from '../../../src/operators/windowing/timer-queue.ts';
import { EmbeddedStore } from '../../../src/state/embedded-store.ts';
import { EmbeddedTimers } from '../../../src/state/embedded-timers.ts';
import { randomness } from '../../runtime/gate-scripts.ts';

interface TimerScript {
  name?: string;
  steps: string;
  on: Record<string, string>;
  fired: string;
}

const FILE = new URL('../../vectors/timers.json', import.meta.url);
const vectors = JSON.parse(readFileSync(FILE, 'utf8')) as { scripts: TimerScript[] };

if (process.env.ISTHMUS_WRITE_VECTORS !== undefined) {
  const named = vectors.scripts.filter(({ name }) => name !== undefined);
  const all = [...named, ...randomScripts(200)].map((script) => ({
    ...script,
    fired: expected(script),
  }));
  vectors.scripts = all;
  writeFileSync(
    FILE,
    `{\n  "scripts": [\n${all.map((s) => `    ${JSON.stringify(s)}`).join(',\n')}\n  ]\n}\n`,
  );
}

/** By the rules: a list of all there are, looked through for the earliest each time. */
function expected({ steps, on }: TimerScript): string {
  let timers: string[] = [];
  const left = new Map(Object.entries(on));
  const fired: string[] = [];
  const act = (step: string) => {
    const timer = step.slice(1);
    if (step[0] === '+' && !timers.includes(timer)) timers.push(timer);
    if (step[0] === '-') timers = timers.filter((other) => other !== timer);
    for (const now = Number(timer); step[0] === '@'; ) {
      const due = timers
        .filter((each) => timeOf(each) <= now)
        .reduce<string | undefined>(
          (first, each) => (first === undefined || timeOf(each) < timeOf(first) ? each : first),
          undefined,
        );
      if (due === undefined) break;
      timers = timers.filter((other) => other !== due);
      fired.push(due);
      const reaction = left.get(due);
      left.delete(due);
      for (const each of reaction?.split(' ') ?? []) act(each);
    }
  };
  for (const step of steps.split(' ')) act(step);
  return fired.join(' ');
}

type Queue = TimerQueue<unknown> | EmbeddedTimers;

function ofTheQueue(queue: Queue, { steps, on }: TimerScript): string {
  const left = new Map(Object.entries(on));
  const fired: string[] = [];
  const act = (step: string) => {
    const timer = step.slice(1);
    if (step[0] === '+') queue.register(timeOf(timer), timer.at(-1) as string);
    else if (step[0] === '-') queue.delete(timeOf(timer), timer.at(-1) as string);
    else {
      for (const { time, owner } of queue.due(Number(timer))) {
        const due = `${time}${owner as string}`;
        fired.push(due);
        const reaction = left.get(due);
        left.delete(due);
        for (const each of reaction?.split(' ') ?? []) act(each);
      }
    }
  };
  for (const step of steps.split(' ')) act(step);
  return fired.join(' ');
}

function timeOf(timer: string): number {
  return Number.parseInt(timer, 10);
}

function randomScripts(count: number): TimerScript[] {
  const random = randomness(7);
  const below = (n: number) => Math.floor(random() * n);
  const timer = () => `${below(12) - 2}${'abc'[below(3)]}`;
  const change = () => `${below(4) === 0 ? '-' : '+'}${timer()}`;
  return Array.from({ length: count }, () => {
    const steps: string[] = [];
    for (let left = 3 + below(12); left > 0; left--) {
      steps.push(below(4) === 0 ? `@${below(12)}` : change());
    }
    const on: Record<string, string> = {};
    for (let left = below(5); left > 0; left--) {
      on[timer()] = Array.from({ length: 1 + below(3) }, change).join(' ');
    }
    return { steps: [...steps, '@20'].join(' '), on, fired: '' };
  });
}

test('the vectors are what the rules say', () => {
  for (const script of vectors.scripts)
    expect([script, expected(script)]).toEqual([script, script.fired]);
});

const store = new EmbeddedStore();

test.each<[string, () => Queue]>([
  ['on the heap', () => new TimerQueue<unknown>()],
  ['on disk', () => new EmbeddedTimers(store, 'timers')],
  ['on disk, row by row', () => new EmbeddedTimers(store, 'timers', 1)],
])('timers fire as the rules say: %s', (_, queue) => {
  for (const script of vectors.scripts)
    expect([script, ofTheQueue(queue(), script)]).toEqual([script, script.fired]);
});
