// What a pipe and two msgpack libraries give with nothing else: no routing, no types, no errors, no credits but a window.
// `node naive-pipe.ts PYTHON N`

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Packr } from 'msgpackr';

const [python, count] = process.argv.slice(2);
const n = Number(count);
const BATCH = 1000;
const WINDOW = 8;

const child = spawn(
  python as string,
  [fileURLToPath(new URL('./naive_pipe.py', import.meta.url))],
  {
    stdio: ['pipe', 'pipe', 'inherit'],
  },
);
const packr = new Packr({ useRecords: false });
let sent = 0;
let received = 0;
let inFlight = 0;

function feed(): void {
  for (; inFlight < WINDOW && sent < n; inFlight++) {
    const batch: Record<string, unknown>[] = [];
    for (const last = Math.min(n, sent + BATCH); sent < last; sent++) {
      batch.push({
        id: sent,
        name: 'item',
        price: 2.5,
        count: 3,
        city: 'Oslo',
        active: true,
        score: 0.75,
        note: 'a short note',
      });
    }
    const body = packr.pack(batch);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(body.length);
    child.stdin.write(Buffer.concat([head, body]));
  }
  if (received === n) child.stdin.end();
}

let held: Buffer = Buffer.alloc(0);
child.stdout.on('data', (data: Buffer) => {
  held = held.length === 0 ? data : Buffer.concat([held, data]);
  while (held.length >= 4 && held.length >= 4 + held.readUInt32LE(0)) {
    const end = 4 + held.readUInt32LE(0);
    received += (packr.unpack(held.subarray(4, end)) as unknown[]).length;
    held = held.subarray(end);
    inFlight--;
  }
  feed();
});
feed();
