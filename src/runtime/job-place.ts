// In which job's function the code that runs is. A job that is started there is waited for by that one (bridge/worker-turns.ts).

import { AsyncLocalStorage } from 'node:async_hooks';
import { type JobPlace, livingParent } from '../bridge/worker-turns.ts';

const current = new AsyncLocalStorage<JobPlace>();

/** The place of a job that is started here. */
export function newPlace(): JobPlace {
  const place: JobPlace = { parent: current.getStore(), isOver: false, isRead: false };
  livingParent(place);
  return place;
}

/** The place of the job whose code runs here, also in what its functions have begun and nobody waits for. */
export function currentPlace(): JobPlace | undefined {
  return current.getStore();
}

/** Runs code of the job, its functions among it. */
export function withinJob<T>(place: JobPlace, run: () => T): T {
  return current.run(place, run);
}
