// Whether what was kept under a uid is this operator's. Twin of python/isthmus/_worker/state/identity.py;
// test/vectors/identity.json has what both refuse, word for word.
//
//   I1. State is restored by the kind, the language and the type of keys that kept it, and in as many key groups.
//   I2. Of an operator that kept nothing but its event time nothing is refused: there is nothing to take for something else.
//   I3. Types of keys are compared where both are declared: of others nobody knows before the first record.

import { StateError } from '../errors.ts';
import type { TypeSpec } from '../graph/job-graph.ts';
import { NO_GROUP } from './chunks.ts';
import type { KeptOperator, SubtaskState } from './storage/subtask-state.ts';

/** The table of an operator's event time, which every operator has. */
export const EVENT_TIME = 'watermark';
/** A uid that was made of kind and inputs (graph/uids.ts). */
const GENERATED = /^[0-9a-f]{32}$/;
const LANGUAGES = { python: 'Python', typescript: 'TypeScript' } as const;

/** An operator as it is in the job now. */
export type Identity = Omit<KeptOperator, 'tables'>;

/**
 * The states, fit for a subtask of these operators: of others that kept nothing but their event time without that (I2).
 *
 * @param states what subtasks had, of whatever operators
 * @throws StateError when something of them is not what its uid means here (I1)
 */
export function checkIdentity(
  states: readonly SubtaskState[],
  chain: readonly Identity[],
  maxParallelism: number,
): SubtaskState[] {
  const here = new Map(chain.map((operator) => [operator.uid, operator]));
  return states.map((state) => ({
    ...state,
    operators: state.operators.map((was) => {
      const now = here.get(was.uid);
      const refused = refusal(was, state.maxParallelism, now, maxParallelism);
      if (refused !== undefined) throw new StateError(refused);
      return now === undefined || sameHost(was, now) ? was : { ...was, tables: [] };
    }),
  }));
}

/** Why the state of an operator is not that one's, if it is not. `now`: undefined where no operator has the uid. */
export function refusal(
  was: KeptOperator,
  wasMaxParallelism: number,
  now: Identity | undefined,
  maxParallelism: number,
): string | undefined {
  const kept = was.tables.filter(({ name, chunks }) => name !== EVENT_TIME && chunks.length > 0);
  if (kept.length === 0) return undefined; // I2
  const state = `The state of operator "${was.name}" (uid "${was.uid}")`;
  if (now !== undefined && was.kind !== now.kind) {
    const advice = GENERATED.test(was.uid)
      ? 'The uid was made of what the operator reads from; give operators that keep state uids of their own'
      : 'Give that operator another uid';
    return `${state} was kept by the kind ${was.kind}; here that uid is operator "${now.name}" of the kind ${now.kind}. ${advice}.`;
  }
  if (now !== undefined && was.language !== now.language) {
    return (
      `${state} was kept in ${LANGUAGES[was.language]}; here operator "${now.name}" is in ${LANGUAGES[now.language]}. ` +
      'Each language keeps state in its own way; leave the operator in its language, or give it another uid.'
    );
  }
  if (now?.keyType !== undefined && was.keyType !== undefined) {
    const [before, here] = [typeText(was.keyType), typeText(now.keyType)]; // I3
    if (before !== here) {
      return (
        `${state} is of keys of the type ${before}; here operator "${now.name}" has keys of the type ${here}. ` +
        'Key by the type that it was, or give the operator another uid.'
      );
    }
  }
  const isKeyed = kept.some(({ chunks }) => chunks.some(({ group }) => group !== NO_GROUP));
  if (isKeyed && wasMaxParallelism !== maxParallelism) {
    return (
      `${state} was kept with a maximum parallelism of ${wasMaxParallelism}; here it is ${maxParallelism}. ` +
      `Its keys are in that number of groups for good; set the maximum parallelism to ${wasMaxParallelism}.`
    );
  }
  return undefined;
}

/** Of an operator that the job has no more: what to say to who would lose its state. */
export function unclaimedText(operators: readonly KeptOperator[]): string {
  const names = operators.map(({ name, uid }) => `"${name}" (uid "${uid}")`).join(', ');
  return (
    `The checkpoint has state of operators that the job has not: ${names}. ` +
    'Give operators the uids that they had, or say that this state may be dropped.'
  );
}

function sameHost(was: KeptOperator, now: Identity): boolean {
  return was.kind === now.kind && was.language === now.language;
}

/** A type as `Types` would be called: `TUPLE(STRING, INT)`. */
function typeText(type: TypeSpec): string {
  switch (type.kind) {
    case 'TUPLE':
      return `TUPLE(${type.fields.map(typeText).join(', ')})`;
    case 'ROW':
      return `ROW(${type.fields.map((field, i) => `${type.names[i]} ${typeText(field)}`).join(', ')})`;
    case 'MAP':
      return `MAP(${typeText(type.key)}, ${typeText(type.value)})`;
    case 'LIST':
    case 'PRIMITIVE_ARRAY':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
      return `${type.kind}(${typeText(type.element)})`;
    default:
      return type.kind;
  }
}
