// All workers that live, so that none is left when this process ends.

interface Killable {
  /** At exit of this process, where nothing can be awaited any more. */
  killNow(): void;
}

const alive = new Set<Killable>();
let exitHookInstalled = false;

export function remember(worker: Killable): void {
  alive.add(worker);
  if (exitHookInstalled) return;
  exitHookInstalled = true;
  process.on('exit', killWorkers);
}

export function forget(worker: Killable): void {
  alive.delete(worker);
}

function killWorkers(): void {
  for (const worker of alive) worker.killNow();
}

/** Ends this process and all its workers without waiting for anything. */
export function killAllNow(): never {
  killWorkers();
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}
