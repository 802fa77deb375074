// The program's stdout and stderr as the runtime of a Python program has them: for print sinks, workers, and TypeScript
// functions that use `console` or `process.stdout`.

import { syncBuiltinESMExports } from 'node:module';
import { Writable } from 'node:stream';
import { WriteStream, isatty } from 'node:tty';
import { OutputStream, type ProgramOutput } from '../bridge/output-stream.ts';
import { WholeLines } from '../bridge/whole-lines.ts';

/** The program's stdout and stderr, on descriptors that user code does not know. */
export function driverOutput(stdout: number, stderr: number): ProgramOutput {
  const output = { stdout: OutputStream.to(stdout), stderr: OutputStream.to(stderr) };
  ownStream('stdout', 1, stdout, output.stdout);
  ownStream('stderr', 2, stderr, output.stderr);
  syncBuiltinESMExports(); // For `import { stdout } from 'node:process'`.
  return output;
}

/**
 * Makes `process.stdout` or `process.stderr` one writer among the others. Node's own would make a pipe of the program
 * non-blocking, for the program too; until now nothing stands there (python/isthmus/_driver/own_streams.cjs).
 */
function ownStream(
  name: 'stdout' | 'stderr',
  descriptor: number,
  of: number,
  to: OutputStream,
): void {
  let stream: Writable | undefined;
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get: () => (stream ??= new LineStream(descriptor, of, to)),
  });
}

class LineStream extends Writable {
  readonly fd: number;
  readonly isTTY: boolean;
  readonly #lines: WholeLines;

  constructor(descriptor: number, of: number, to: OutputStream) {
    super();
    this.fd = descriptor;
    this.isTTY = isatty(of);
    this.#lines = new WholeLines((whole) => to.write(whole));
    to.holdingBack(() => void this.#lines.finish());
    if (this.isTTY) Object.assign(this, terminalOf(of));
  }

  /** Hands over at once, so that nothing waits where nobody looks; whoever cares for room waits for 'drain'. */
  override write(chunk: unknown, encoding?: unknown, done?: unknown): boolean {
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : Buffer.from(chunk as Uint8Array);
    const room = this.#lines.take(bytes);
    const whenDone = typeof encoding === 'function' ? encoding : done;
    const told = () => {
      if (typeof whenDone === 'function') whenDone(null);
    };
    if (room === undefined) {
      process.nextTick(told);
      return true;
    }
    void room.then(told).then(() => this.emit('drain'));
    return false;
  }

  /** As of Node's own: it cannot be closed. */
  override end(...args: unknown[]): this {
    const done = args.at(-1);
    const [chunk] = args;
    const hasChunk = typeof chunk === 'string' || chunk instanceof Uint8Array;
    this.write(hasChunk ? chunk : '', typeof done === 'function' ? done : undefined);
    return this;
  }

  override destroy(): this {
    return this;
  }
}

/** What libraries that write colours and tables ask a terminal. */
function terminalOf(descriptor: number): object {
  const terminal = new WriteStream(descriptor);
  terminal.unref();
  const { columns, rows } = terminal;
  return {
    columns,
    rows,
    getColorDepth: (env?: object) => terminal.getColorDepth(env),
    hasColors: (...asked: []) => terminal.hasColors(...asked),
    getWindowSize: () => [columns, rows],
  };
}
