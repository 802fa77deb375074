// The Nexmark queries as workloads.

import type { Peers } from '../peers.ts';
import { isthmus, pyflink, script } from '../systems.ts';
import type { Workload } from '../workload.ts';

const NEXMARK: Record<string, string> = {
  q0: 'pass through',
  q1: 'currency conversion (map)',
  q2: 'selection (filter)',
  q3: 'join without an end (two keyed inputs, state)',
  q4: 'mean price by category (timers, two keyings)',
  q5: 'hot items (sliding windows, then all of a window)',
  q6: 'mean of the last ten by seller',
  q7: 'highest bid (window of all)',
  q8: 'new sellers (window join as a union)',
  q11: 'sessions of bidders',
  q12: 'bidders by processing time',
};

const PROGRAM = '../nexmark/pipelines.py';

/** Every query, on every system that can say it. */
export function nexmarkWorkloads(peers: Peers): Workload[] {
  return Object.entries(NEXMARK).map(([query, what]) => ({
    name: `Nexmark ${query}`,
    what: `${what}; events made in Python → query → nothing`,
    unit: 'records/s',
    large: 1_500_000,
    systems: [
      isthmus(PROGRAM, query, '{n}'),
      script('CPython loop', 'nexmark/loops.py', query, '{n}'),
      ...pyflink(peers, PROGRAM, query, '{n}'),
    ],
  }));
}
