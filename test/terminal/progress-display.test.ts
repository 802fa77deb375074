import { expect, test } from 'vitest';
import type { JobOperatorMetrics } from '../../src/runtime/job-metrics.ts';
import { ProgressDisplay } from '../../src/terminal/progress-display.ts';

const operators: JobOperatorMetrics[] = [
  { id: 1, name: 'Window', kind: 'window', settings: '1 min of event time, sum of amount' },
  { id: 2, name: 'Map', kind: 'map' },
].map((said) => ({ ...said, language: 'python', parallelism: 1, in: 7, out: 5, busyMs: 0 }));

function shown(isTTY: boolean, columns: number): string {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  const display = new ProgressDisplay('job', 'text', { isTTY, columns, write });
  const listen = (event: object) => display.listen(event as Parameters<typeof display.listen>[0]);
  listen({ kind: 'metrics', operators });
  if (!isTTY) listen({ kind: 'status', status: 'FINISHED' });
  return text;
}

test('sizes and limits of operators are below them', () => {
  const lines = shown(true, 100).split('\n');
  expect(lines[1]).toMatch(/^Window +python +7 +5 /);
  expect(lines[2]).toBe('  1 min of event time, sum of amount');
  expect(lines[3]).toMatch(/^Map +python +7 +5 /);
});

test('and go no further than the terminal', () => {
  const lines = shown(true, 20).split('\n');
  expect(lines[2]).toBe('  1 min of event ti');
});

test('where each time is one line they are behind the name', () => {
  expect(shown(false, 80)).toMatch(
    /^job: Window \(1 min of event time, sum of amount\) 5 \(.*\/s\), Map 5 /,
  );
});
