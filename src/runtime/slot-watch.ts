// The limits of a worker at work: how long it may be silent, how much memory it may hold.

import { readFile } from 'node:fs/promises';
import { FrameType } from '../bridge/frame.ts';
import type { WorkerProcess } from '../bridge/worker-process.ts';

export interface SlotLimits {
  /** Milliseconds without a sign of life; 0: no limit. */
  timeoutMs: number;
  memoryBytes: number | undefined;
}

const MEMORY_EVERY_MS = 100;
const NOTHING = new Uint8Array(0);

/** Kills the worker when it exceeds a limit. Returns what ends the watch. */
export function watchSlot(worker: WorkerProcess, limits: SlotLimits): () => void {
  const stops: (() => void)[] = [];
  if (limits.timeoutMs > 0) stops.push(watchSilence(worker, limits.timeoutMs));
  if (limits.memoryBytes !== undefined && process.platform === 'linux') {
    stops.push(watchMemory(worker, limits.memoryBytes));
  }
  return () => {
    for (const stop of stops) stop();
  };
}

/** Its loop answers PING between two slices of work; user code that does not return lets the PING wait. */
function watchSilence(worker: WorkerProcess, limitMs: number): () => void {
  const everyMs = Math.min(1_000, Math.max(20, limitMs / 4));
  let askedAt: number | undefined;
  let tickedAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    // When this process itself was held up, an answer may wait in the pipe: it is asked again.
    const heldUp = now - tickedAt > 2 * everyMs + 50;
    tickedAt = now;
    if (askedAt === undefined || heldUp || worker.lastFrameAt > askedAt) {
      askedAt = now;
      worker.send(FrameType.PING, 0, 0, 0, NOTHING);
    } else if (now - askedAt >= limitMs) {
      clearInterval(timer);
      worker.killHung(limitMs);
    }
  }, everyMs);
  return () => clearInterval(timer);
}

function watchMemory(worker: WorkerProcess, limitBytes: number): () => void {
  let stopped = false;
  const look = async (): Promise<void> => {
    const bytes = await residentBytes(worker.pid);
    if (stopped || bytes === undefined || bytes <= limitBytes) return;
    clearInterval(timer);
    worker.killOutgrown(limitBytes, bytes);
  };
  const timer = setInterval(() => void look(), MEMORY_EVERY_MS);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

/** Resident memory of a process on Linux; undefined when it is gone. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}
