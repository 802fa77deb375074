// A seed decides everything: the order of turns, how long each thing takes, and all random numbers of the job.
//
//   S1. Time is virtual. It moves to the next event, and by a little whenever somebody asks how late it is.
//   S2. Events happen one after the other. Between two of them all promises that can settle have settled.
//   S3. What happens on the lines between the parts of the job is in `trace`, with its time.

import { createHash } from 'node:crypto';
import type { Clock } from '../../src/machine/clock.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { Processes } from '../../src/machine/processes.ts';
import { type Operation, SimulatedDisk } from './simulated-disk.ts';

interface Event {
  at: number;
  /** Among events of one time. */
  order: number;
  happen: () => unknown;
}

/** Where the virtual clock begins: 2026-01-01. */
const EPOCH_MS = 1_767_225_600_000;
/** What one look at the clock takes at most. */
const LOOK_MS = 0.02;

export class Simulation {
  readonly seed: number;
  readonly machine: Machine;
  readonly disk: SimulatedDisk;
  /** The code of the error that an operation of the disk ends with; undefined: none. */
  fault: (operation: Operation, path: string) => string | undefined = () => undefined;
  readonly trace: string[] = [];
  /** In [0, 1). */
  readonly random: () => number;
  readonly #alive = new Set<string>();
  #now = 0;
  #count = 0;
  readonly #events = new EventQueue();

  /** `disk`: one that another simulation has left. */
  constructor(seed: number, disk?: SimulatedDisk) {
    this.seed = seed;
    this.random = randomOf(seed);
    const clock: Clock = {
      now: () => Math.floor(EPOCH_MS + this.#now),
      monotonic: () => {
        this.#now += this.random() * LOOK_MS; // S1
        return this.#now;
      },
      at: (at, callback) => this.in(at - EPOCH_MS - this.#now + this.random(), callback),
      after: (ms, callback) => this.in(ms + this.random(), callback),
      turn: (callback) => this.in(this.random() * 0.3, callback),
    };
    const options = {
      random: this.random,
      now: () => this.nowMs,
      wait: () => new Promise<void>((resolve) => void this.in(this.random(), () => resolve())),
      note: (operation: Operation, path: string) => this.note(`disk ${operation} ${path}`),
      fault: (operation: Operation, path: string) => this.fault(operation, path),
    };
    this.disk = disk ?? new SimulatedDisk(options);
    this.disk.plugIn(options);
    const { files } = this.disk;
    const processes = this.process('runtime');
    this.machine = { clock, files, processes, random: this.random, uuid: () => this.#uuid() };
  }

  /** What a process knows of others; those of another simulation have gone. */
  process(name: number | 'runtime'): Processes {
    const own = idOf(this.seed, name);
    this.#alive.add(own);
    return { own, fateOf: (id) => (this.#alive.has(id) ? 'lives' : 'gone') };
  }

  hasGone(process: number): void {
    this.#alive.delete(idOf(this.seed, process));
  }

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.#now;
  }

  /** The same since 1970. */
  get nowMs(): number {
    return EPOCH_MS + this.#now;
  }

  /** What happens `ms` from now; returns the cancellation. */
  in(ms: number, happen: () => unknown): () => void {
    const at = this.#now + Math.max(0, ms);
    const event = { at, order: this.#count++, happen };
    this.#events.add(event);
    return () => this.#events.remove(event);
  }

  /** Notes what goes over a line. */
  note(what: string, body?: Uint8Array): void {
    const hash = body === undefined || body.byteLength === 0 ? '' : ` ${hashOf(body)}`;
    this.trace.push(`${this.#now.toFixed(4)} ${what}${hash}`);
  }

  /**
   * Lets things happen until `end` has settled.
   *
   * @throws Error when it has not, and nothing will happen any more
   */
  async until<T>(end: Promise<T>): Promise<T> {
    let settled = false;
    const over = (): void => {
      settled = true;
    };
    end.then(over, over);
    for (let i = 0; i < SETTLING_TURNS; i++) await macrotask(); // What is loaded on first use.
    for (;;) {
      await macrotask(); // S2
      if (settled) return end;
      const event = this.#events.take();
      if (event === undefined) {
        throw new Error(
          `seed ${this.seed}: nothing is left to happen at ${this.#now.toFixed(3)} ms`,
        );
      }
      if (event.at > LONGEST_MS) {
        throw new Error(`seed ${this.seed}: it has not ended after an hour of its own time`);
      }
      this.#now = Math.max(this.#now, event.at);
      await event.happen();
    }
  }

  #uuid(): string {
    const digits = Array.from({ length: 32 }, () => Math.floor(this.random() * 16).toString(16));
    digits[12] = '4';
    digits[16] = '8';
    return digits.join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }
}

const SETTLING_TURNS = 20;
const LONGEST_MS = 3_600_000;

/** The earliest first; of one time, the one that was put in first. */
class EventQueue {
  readonly #heap: Event[] = [];

  add(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(event, heap[above] as Event)) break;
      heap[at] = heap[above] as Event;
      at = above;
    }
    heap[at] = event;
  }

  remove(event: Event): void {
    event.happen = () => {};
    event.order = -1;
  }

  take(): Event | undefined {
    const heap = this.#heap;
    for (;;) {
      const first = heap[0];
      if (first === undefined) return undefined;
      const last = heap.pop() as Event;
      if (heap.length > 0) this.#sink(last);
      if (first.order >= 0) return first;
    }
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      const other = heap[below + 1];
      if (other !== undefined && isBefore(other, heap[below] as Event)) below++;
      if (!isBefore(heap[below] as Event, event)) break;
      heap[at] = heap[below] as Event;
      at = below;
    }
    heap[at] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Behind it every promise that needs nothing else has settled. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function hashOf(body: Uint8Array): string {
  return createHash('sha1').update(body).digest('hex').slice(0, 10);
}

/** Of a process of a simulation. */
function idOf(seed: number, name: number | 'runtime'): string {
  const hex = (n: number, digits: number) => (n >>> 0).toString(16).padStart(digits, '0');
  return `${hex(seed, 8)}-0000-8000-8000-${name === 'runtime' ? 'f'.repeat(12) : hex(name, 12)}`;
}

/** Mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
