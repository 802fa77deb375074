// Whole lines out of the chunks of one writer.
//
//   L1. A chunk's last line is held back until its end has come, so that nobody else's line falls into it.
//   L2. What waits for its end and gets nothing more for a while was not meant to be a line (a question, dots of progress):
//       it is passed on as it is. So is what is longer than any line.

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const QUIET_MS = 250;
const MAX_LINE_BYTES = 16 << 20;

type Pass = (lines: Uint8Array) => Promise<void> | undefined;

export class WholeLines {
  readonly #pass: Pass;
  #unfinished: Uint8Array[] = [];
  #unfinishedBytes = 0;
  #quiet: NodeJS.Timeout | undefined;

  constructor(pass: Pass) {
    this.#pass = pass;
  }

  /** The promise, where there is one, resolves when there is room for more. */
  take(chunk: Uint8Array): Promise<void> | undefined {
    clearTimeout(this.#quiet);
    // A bar of progress ends its lines with a carriage return.
    const end = Math.max(chunk.lastIndexOf(LINE_FEED), chunk.lastIndexOf(CARRIAGE_RETURN)) + 1;
    const room = end === 0 ? undefined : this.#passOn(chunk.subarray(0, end));
    const rest = chunk.subarray(end);
    if (rest.byteLength > 0) {
      this.#unfinished.push(rest); // L1
      this.#unfinishedBytes += rest.byteLength;
      if (this.#unfinishedBytes > MAX_LINE_BYTES) return this.finish();
      const waitForEnd = () => {
        clearTimeout(this.#quiet);
        this.#quiet = setTimeout(() => this.finish(), QUIET_MS).unref();
      };
      if (room === undefined) waitForEnd();
      else void room.then(waitForEnd); // Its writer is held back until then.
    }
    return room;
  }

  /** Nothing more comes: passes on what has no end (L2). */
  finish(): Promise<void> | undefined {
    clearTimeout(this.#quiet);
    return this.#unfinishedBytes === 0 ? undefined : this.#passOn(new Uint8Array(0));
  }

  #passOn(lines: Uint8Array): Promise<void> | undefined {
    const whole = this.#unfinishedBytes === 0 ? lines : Buffer.concat([...this.#unfinished, lines]);
    this.#unfinished = [];
    this.#unfinishedBytes = 0;
    return this.#pass(whole);
  }
}
