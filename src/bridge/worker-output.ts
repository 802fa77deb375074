// What workers write to the program's stdout and stderr, in whole lines of one worker.

import type { OutputStream, ProgramOutput } from './output-stream.ts';
import { WholeLines } from './whole-lines.ts';
import type { OutputReceiver, WorkerOutput } from './worker-streams.ts';

export function workerOutput({ stdout, stderr }: ProgramOutput): WorkerOutput {
  return {
    printed: ofEachWorker(stdout),
    said: ofEachWorker(stdout),
    stderr: ofEachWorker(stderr),
  };
}

function ofEachWorker(to: OutputStream): OutputReceiver {
  const lines = new Map<number, WholeLines>();
  return (chunk, { pid }) => {
    const own = lines.get(pid) ?? new WholeLines((whole) => to.write(whole));
    if (chunk.byteLength > 0) {
      lines.set(pid, own);
      return own.take(chunk);
    }
    lines.delete(pid);
    return own.finish();
  };
}
