// Runs in a process of its own, started by inspect.ts: pythonia spawns its Python when it is imported (from PYTHON_BIN), writes to
// the process's own stdout and stderr and keeps it alive. One request, one answer, then both end.

import type { ChildProcess } from 'node:child_process';
import type { InspectAnswer, InspectRequest } from './inspect.ts';

// We lead a process group; nothing of it outlives the program.
process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));

process.once('message', (request: InspectRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});

async function answer(request: InspectRequest): Promise<InspectAnswer> {
  try {
    const { python } = await import('pythonia');
    return await Promise.race([looked(python, request), itsEnd()]);
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function looked(
  python: typeof import('pythonia').python,
  request: InspectRequest,
): Promise<InspectAnswer> {
  const inspector = await python('isthmus._entry.inspect');
  const text: string = await (request.kind === 'describe'
    ? inspector.describe(JSON.stringify(request.functions), JSON.stringify(request.pathEnd))
    : inspector.record(request.path, JSON.stringify(request.args), request.cwd));
  return { text };
}

/** User code may end its interpreter, or crash it; pythonia would wait for the answer all the same. */
function itsEnd(): Promise<InspectAnswer> {
  const { com } = (globalThis as unknown as { __pythonBridge: { com: { proc: ChildProcess } } })
    .__pythonBridge;
  return new Promise((resolve) => {
    com.proc.once('close', (code, signal) => {
      const how =
        signal === null ? `ended its interpreter with exit code ${code}` : `died by ${signal}`;
      resolve({ error: `it ${how}.` });
    });
  });
}
