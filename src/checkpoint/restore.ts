// Whose state each task of a plan takes over: by the uids of its operators, wherever they were.
//
//   R1. A task gets every old subtask that had state of one of its operators, with the state of these alone.
//   R2. State of operators that the job has no more is refused, unless it may be dropped.

import { StateError } from '../errors.ts';
import { EVENT_TIME, unclaimedText } from '../state/identity.ts';
import type { KeptOperator, SubtaskState } from '../state/storage/subtask-state.ts';
import type { Manifest } from './manifest.ts';

export interface TaskOfPlan {
  readonly task: number;
  readonly uids: readonly string[];
}

/**
 * States by task of the plan.
 *
 * @param mayDrop whether state of operators that are no more may be left behind
 * @throws StateError when there is such state, and it may not (R2)
 */
export function restoredStates(
  { tasks }: Manifest,
  plan: readonly TaskOfPlan[],
  mayDrop: boolean,
): Map<number, SubtaskState[]> {
  const states = tasks.flatMap((task) => task.states);
  if (!mayDrop) {
    const here = new Set(plan.flatMap(({ uids }) => uids));
    const unclaimed = new Map<string, KeptOperator>();
    for (const { operators } of states) {
      for (const operator of operators) {
        if (!here.has(operator.uid) && keepsState(operator)) unclaimed.set(operator.uid, operator);
      }
    }
    if (unclaimed.size > 0) throw new StateError(unclaimedText([...unclaimed.values()]));
  }
  return new Map(
    plan.map(({ task, uids }) => {
      const mine = new Set(uids);
      const taken = states
        .map((state) => ({
          ...state,
          operators: state.operators.filter(({ uid }) => mine.has(uid)),
        }))
        .filter(({ operators }) => operators.length > 0); // R1
      return [task, taken];
    }),
  );
}

function keepsState({ tables }: KeptOperator): boolean {
  return tables.some(({ name, chunks }) => name !== EVENT_TIME && chunks.length > 0);
}
