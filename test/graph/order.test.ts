import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { EdgeSpec, JobGraph, OperatorSpec } from '../../src/graph/job-graph.ts';
import { upstreamFirst } from '../../src/graph/order.ts';
import { planJob } from '../../src/graph/planner.ts';
import { edge, graph, operator } from './graphs.ts';

const map = (id: number) => operator(id, 'map');
const sequence = (id: number) => operator(id, 'source.sequence');

describe('the order of operators', () => {
  test('is that of going over the list again and again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(11), fc.nat(11))), fc.nat(), (pairs, turn) => {
        const ids = Array.from({ length: 12 }, (_, i) => (i * 5 + turn) % 12);
        const operators = ids.map((id) => map(id));
        // From lower to higher ids: no cycle, whatever the order in the list.
        const edges = pairs
          .filter(([a, b]) => a !== b)
          .map(([a, b]) => edge(Math.min(a, b), Math.max(a, b)));
        expect(upstreamFirst({ operators, edges }).map(({ id }) => id)).toEqual(
          overAndOver(operators, edges),
        );
      }),
    );
  });

  test('is none where operators read in a circle', () => {
    const operators = [sequence(1), map(2), map(3), map(4)];
    const edges = [edge(1, 2), edge(2, 3), edge(3, 4), edge(4, 2)];
    expect(() => upstreamFirst({ operators, edges })).toThrow(/"map-2".*no cycle/);
  });
});

/** The order in the words of its contract. */
function overAndOver(operators: readonly OperatorSpec[], edges: readonly EdgeSpec[]): number[] {
  const placed: number[] = [];
  while (placed.length < operators.length) {
    for (const { id } of operators) {
      const ready = edges.every(({ from, to }) => to !== id || placed.includes(from));
      if (ready && !placed.includes(id)) placed.push(id);
    }
  }
  return placed;
}

describe('the work of planning', () => {
  const shapes = {
    line: (i: number) => edge(i, i + 1),
    exchanges: (i: number) => edge(i, i + 1, 'rebalance'),
    branches: (i: number) => edge(1, i + 1, 'rebalance'),
    'a line listed from its end': (i: number) => edge(i, i + 1),
  } satisfies Record<string, (i: number) => EdgeSpec>;

  test.each(Object.keys(shapes) as (keyof typeof shapes)[])('grows with the graph: %s', (shape) => {
    const [few, many] = [30, 240].map((count) => {
      const edges = Array.from({ length: count }, (_, i) => shapes[shape](i + 1));
      const operators = [sequence(1), ...edges.map(({ to }) => map(to))];
      if (shape === 'a line listed from its end') operators.reverse();
      return looksAtEdges(graph(operators, edges));
    }) as [number, number];
    // Eight times the operators; the square would be 64.
    expect(many / few).toBeLessThan(12);
  });
});

/** How often planning looks at which operators an edge leads to. */
function looksAtEdges(job: JobGraph): number {
  let looks = 0;
  const edges = job.edges.map((spec) =>
    Object.defineProperties(
      { ...spec },
      {
        from: { enumerable: true, get: () => (looks++, spec.from) },
        to: { enumerable: true, get: () => (looks++, spec.to) },
      },
    ),
  );
  planJob({ ...job, edges });
  return looks;
}
