// Where a subtask's state is, as it opens: with that of the old subtasks whose key groups are now its own.

import { InternalError } from '../errors.ts';
import type { SubtaskDeployment } from '../graph/deployment.ts';
import { checkIdentity, type Identity } from '../state/identity.ts';
import { KeyGroups } from '../state/keys.ts';
import { readStates } from '../state/storage/restoring.ts';
import type { StateStorage } from '../state/storage/storage.ts';
import type { SubtaskState } from '../state/storage/subtask-state.ts';
import { SubtaskStore } from '../state/store.ts';
import type { SubtaskServices } from './services.ts';
import { identitiesOf } from './subtask-wiring.ts';

export interface OpenedStore {
  readonly store: SubtaskStore;
  /** As whom state is kept: the chain, and operators whose state was restored and is nobody's here. */
  readonly operators: readonly Identity[];
}

/** @throws where what was saved is of another kind, or cannot be read */
export async function openStore(
  deployment: SubtaskDeployment,
  services: SubtaskServices,
  given: readonly SubtaskState[],
): Promise<OpenedStore> {
  const { subtask, parallelism, maxParallelism } = deployment;
  const tracks = services.snapshot !== undefined;
  const chain = identitiesOf(deployment);
  if (given.length === 0) {
    return { store: new SubtaskStore(deployment, [], tracks), operators: chain };
  }
  const states = checkIdentity(given, chain, maxParallelism);
  const here = new Set(chain.map(({ uid }) => uid));
  const others = states.flatMap(({ operators }) => operators.filter(({ uid }) => !here.has(uid)));
  const nobodys = new Map(others.map((operator) => [operator.uid, operator])).values();
  const groups = new KeyGroups(maxParallelism, parallelism);
  const isMine = (group: number) => groups.owner(group) === subtask;
  const saved = await readStates(storageOf(services), states, isMine);
  return {
    store: new SubtaskStore(deployment, saved, tracks),
    operators: [...chain, ...nobodys],
  };
}

export function storageOf({ storage }: SubtaskServices): StateStorage {
  if (storage === undefined)
    throw new InternalError('A subtask is to keep state, and has no storage.');
  return storage;
}
