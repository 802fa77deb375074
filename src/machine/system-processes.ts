// Processes of the system. The id of one is a UUID (version 8, RFC 9562, whose content is free) of its number, when it started, and
// where it runs (boot of the system and namespace of process numbers). Twin of python/isthmus/_worker/machine/processes.py.

import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { Processes } from './processes.ts';

const ID = /^([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-8([0-9a-f]{3})-([0-9a-f]{12})$/;

let own: string | undefined;

export const systemProcesses: Processes = {
  get own() {
    own ??= ownId();
    return own;
  },
  fateOf(id) {
    const here = placeOfProcesses();
    const [, pid = '', high = '', middle = '', low = '', place] = ID.exec(id) ?? [];
    if (here === undefined || place === undefined) return undefined;
    if (place !== here) return 'unknown';
    return startedAt(Number.parseInt(pid, 16)) === high + middle + low ? 'lives' : 'gone';
  },
};

/** A random one where a process cannot be told. */
function ownId(): string {
  const started = startedAt(process.pid);
  const place = placeOfProcesses();
  if (started === undefined || place === undefined) return randomUUID();
  const pid = process.pid.toString(16).padStart(8, '0');
  const [high, middle, low] = [started.slice(0, 4), started.slice(4, 7), started.slice(7)];
  return `${pid}-${high}-8${middle}-8${low}-${place}`;
}

/** Clock ticks from the boot to the start of a process, as 10 hexadecimal digits; undefined where there is none that runs. */
function startedAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 1)
      .trim()
      .split(/\s+/);
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return (BigInt(fields[19] as string) & 0xffffffffffn).toString(16).padStart(10, '0');
  } catch {
    return undefined;
  }
}

let knownPlace: string | undefined;

/** Where process numbers mean the same; undefined where the system does not tell (it is no Linux). */
function placeOfProcesses(): string | undefined {
  try {
    knownPlace ??= createHash('sha256')
      .update(
        `${readFileSync('/proc/sys/kernel/random/boot_id', 'ascii').trim()} ${readlinkSync('/proc/self/ns/pid')}`,
      )
      .digest('hex')
      .slice(0, 12);
    return knownPlace;
  } catch {
    return undefined;
  }
}
