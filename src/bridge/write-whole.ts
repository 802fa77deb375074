import { writeSync } from 'node:fs';

const pauseCell = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes all of `data` before it returns, so that lines of several processes do not mix and nothing is lost at exit.
 * Output that nobody can read any more (a closed pipe) is dropped.
 */
export function writeWhole(descriptor: number, data: string | Uint8Array): void {
  let left = typeof data === 'string' ? Buffer.from(data) : data;
  while (left.byteLength > 0) {
    try {
      left = left.subarray(writeSync(descriptor, left));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE' || code === 'EBADF') return;
      if (code !== 'EAGAIN') throw error;
      // Somebody else has made the descriptor non-blocking, and its reader is behind.
      Atomics.wait(pauseCell, 0, 0, 1);
    }
  }
}
