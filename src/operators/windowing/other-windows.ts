// Windows that were restored and that the engine at hand does not know. Twin of
// python/isthmus/_worker/operators/windowing/other_windows.py.

import { GraphError } from '../../errors.ts';
import type { OperatorContext } from '../../runtime/operator.ts';

/** What the engines keep windows in. */
const TABLES = [
  'windows',
  'fired windows',
  'slices',
  'sessions',
  'panes',
  'counts',
  'window contents',
];

/** @throws GraphError when another engine kept the windows of the operator, which would be lost */
export function refuseOtherWindows({ state, spec }: OperatorContext): void {
  if (state.undeclared(TABLES).length === 0) return;
  throw new GraphError(
    `The windows of operator "${spec.name}" were kept in another way: with other windows, another trigger, another ` +
      'function, or another state.backend.type. Go on with what they were kept with, or give the operator another uid, ' +
      'which begins without them.',
  );
}
