// The limits of a worker at work: how long it may be silent, how much memory it may hold.

import { FrameType } from '../bridge/frame.ts';
import type { WorkerLink } from '../bridge/worker-link.ts';
import { type Clock, every } from '../machine/clock.ts';

export interface SlotLimits {
  /** Milliseconds without a sign of life; 0: no limit. */
  timeoutMs: number;
  memoryBytes: number | undefined;
}

const MEMORY_EVERY_MS = 100;
const NOTHING = new Uint8Array(0);

/** Kills the worker when it exceeds a limit. Returns what ends the watch. */
export function watchSlot(worker: WorkerLink, clock: Clock, limits: SlotLimits): () => void {
  const stops: (() => void)[] = [];
  if (limits.timeoutMs > 0) stops.push(watchSilence(worker, clock, limits.timeoutMs));
  if (limits.memoryBytes !== undefined) {
    stops.push(watchMemory(worker, clock, limits.memoryBytes));
  }
  return () => {
    for (const stop of stops) stop();
  };
}

/** Its loop answers PING between two slices of work; user code that does not return lets the PING wait. */
function watchSilence(worker: WorkerLink, clock: Clock, limitMs: number): () => void {
  const everyMs = Math.min(1_000, Math.max(20, limitMs / 4));
  let askedAt: number | undefined;
  let tickedAt = clock.monotonic();
  const stop = every(clock, everyMs, () => {
    const now = clock.monotonic();
    // When this process itself was held up, an answer may wait in the pipe: it is asked again.
    const heldUp = now - tickedAt > 2 * everyMs + 50;
    tickedAt = now;
    if (askedAt === undefined || heldUp || worker.lastFrameAt > askedAt) {
      askedAt = now;
      worker.send(FrameType.PING, 0, 0, 0, NOTHING);
    } else if (now - askedAt >= limitMs) {
      stop();
      worker.killHung(limitMs);
    }
  });
  return stop;
}

function watchMemory(worker: WorkerLink, clock: Clock, limitBytes: number): () => void {
  let stopped = false;
  const look = async (): Promise<void> => {
    const bytes = await worker.residentBytes();
    if (stopped || bytes === undefined || bytes <= limitBytes) return;
    stop();
    worker.killOutgrown(limitBytes, bytes);
  };
  const stopLooking = every(clock, MEMORY_EVERY_MS, () => void look(), 'idle');
  const stop = (): void => {
    stopped = true;
    stopLooking();
  };
  return stop;
}
