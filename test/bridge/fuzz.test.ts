// 100,000 broken frames into a connection and the codec: each is a frame after all, or a BridgeProtocolError or CodecError.
// The twin is test/python/bridge/test_fuzz.py.
//
//   ISTHMUS_TEST_SEED=7 ISTHMUS_FUZZ_FRAMES=1000000 vitest run test/bridge/fuzz.test.ts

import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { encodeValue } from '../../src/bridge/codec/index.ts';
import {
  decodeBarrier,
  decodeCredit,
  decodeIdle,
  decodeWatermark,
  FLAG_PICKLE,
  type Frame,
  FrameType,
} from '../../src/bridge/frame.ts';
import { FrameConnection, mapOf } from '../../src/bridge/frame-connection.ts';
import { encodeKey } from '../../src/state/keys.ts';
import { BridgeProtocolError, CodecError, StateError } from '../../src/errors.ts';
import { wireCodec } from '../../src/runtime/wire-batch.ts';
import { stateOfData, stateToData } from '../../src/state/storage/subtask-state.ts';
import { SEED } from '../seed.ts';
import { BODY_MUTATIONS, HEADER_FIELDS, mutate, Random, seedFrames } from './mutations.ts';

const FRAMES = Number(process.env.ISTHMUS_FUZZ_FRAMES ?? 100_000);
const MAX_FRAME_BYTES = 1 << 16;
const MAX_MS = 5_000;

const batches = wireCodec('msgpack', undefined);

/** Reads the body as the runtime does. */
function open(frame: Frame): unknown[] {
  const { type, flags, count, body } = frame;
  switch (type) {
    case FrameType.BATCH:
    case FrameType.RESULTS:
      return (flags & FLAG_PICKLE) === 0 ? batches.decode(flags, count, body).values : [];
    case FrameType.WATERMARK:
      decodeWatermark(body);
      return [];
    case FrameType.BARRIER:
      decodeBarrier(body);
      return [];
    case FrameType.IDLE:
      decodeIdle(body);
      return [];
    case FrameType.CREDIT:
    case FrameType.RESULTS_CREDIT:
      decodeCredit(body);
      return [];
    case FrameType.SNAPSHOT: {
      const answer = mapOf<{ state?: unknown }>(frame);
      if ('state' in answer) readState(answer.state);
      return [answer];
    }
    case FrameType.BLOB:
    case FrameType.STATE:
    case FrameType.START:
    case FrameType.RELEASE:
    case FrameType.SHUTDOWN:
    case FrameType.PING:
    case FrameType.PONG:
    case FrameType.END:
      return [];
    default:
      return [mapOf(frame)];
  }
}

/** A state that is none is no violation of the protocol: it is refused by itself. */
function readState(data: unknown): void {
  try {
    stateToData(stateOfData(data));
  } catch (thrown) {
    if (!(thrown instanceof StateError)) throw thrown;
  }
}

/** A connection that a test writes bytes into. */
class Peer {
  readonly #input = new PassThrough();
  readonly #output = new PassThrough();
  frames: Frame[] = [];
  violation: unknown;

  constructor() {
    new FrameConnection(
      this.#input,
      this.#output,
      {
        frame: (frame) => this.frames.push(frame),
        violation: (error) => {
          this.violation = error;
        },
        end: () => {},
      },
      MAX_FRAME_BYTES,
    );
  }

  write(bytes: Buffer, random: Random): void {
    const cut = random.below(bytes.length);
    this.#input.emit('data', bytes.subarray(0, cut));
    this.#input.emit('data', bytes.subarray(cut));
  }
}

type Make<A extends unknown[]> = (...args: A) => Buffer<ArrayBuffer>;

/** Tells of every Buffer that is made, until disposed. A spy of the test runner would keep them all. */
function watchBuffers(tell: (bytes: number) => void): Disposable {
  const watched = <A extends unknown[]>(make: Make<A>): Make<A> => {
    return (...args) => {
      const made = make.apply(Buffer, args);
      tell(made.byteLength);
      return made;
    };
  };
  const originals = Object.fromEntries(
    (['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat'] as const).map((name) => [
      name,
      Buffer[name] as Make<unknown[]>,
    ]),
  );
  for (const [name, make] of Object.entries(originals)) {
    Object.assign(Buffer, { [name]: watched(make) });
  }
  return { [Symbol.dispose]: () => Object.assign(Buffer, originals) };
}

test(`${FRAMES} broken frames are frames or typed errors`, { timeout: 120_000 }, async () => {
  const random = new Random(SEED);
  const seeds = seedFrames();
  const byField = new Map<string, [(typeof seeds)[number], string][]>();
  for (const seed of seeds) {
    const fields = [...Object.keys(HEADER_FIELDS), ...seed.fields.map(({ name }) => name)];
    for (const field of fields) {
      const name = `${seed.type}.${field}`;
      byField.set(name, [...(byField.get(name) ?? []), [seed, field]]);
    }
  }
  const bodyFields = [...byField.keys()].filter(
    (name) => !((name.split('.')[1] as string) in HEADER_FIELDS),
  );
  const headerFields = [...byField.keys()].filter((name) => !bodyFields.includes(name));

  let largest = 0;
  using _ = watchBuffers((bytes) => {
    largest = Math.max(largest, bytes);
  });

  const seen = { accepted: 0, protocol: 0, codec: 0, incomplete: 0, opened: 0 };
  const fieldsSeen = new Set<string>();
  const howSeen = new Set<string>();
  const rssBefore = process.memoryUsage().rss;
  let peer = new Peer();
  let slowestMs = 0;
  for (let i = 0; i < FRAMES; i++) {
    // Streams have work for later turns, which holds on to them.
    if (i % 1_000 === 0) await setImmediate();
    // Every field of every type in turn, bodies three times as often as headers.
    const group = i % 4 === 0 ? headerFields : bodyFields;
    const name = group[Math.floor(i / 4 + (i % 4) * 31) % group.length] as string;
    const [seed, field] = random.pick(byField.get(name) ?? []);
    const mutant = mutate(seed, field, random);
    fieldsSeen.add(name);
    howSeen.add(mutant.how);
    const context = `seed ${SEED}, frame ${i}: ${name} by ${mutant.how}: ${mutant.bytes.toString('hex')}`;
    const began = performance.now();
    peer.write(mutant.bytes, random);
    if (peer.frames.length > 0) seen.opened++;
    for (const frame of peer.frames) {
      try {
        const values = open(frame);
        seen.accepted++;
        // What could be read can be written, or is refused by name.
        for (const value of values) {
          encodeKey(value);
          encodeValue(value);
        }
      } catch (error) {
        if (error instanceof CodecError) seen.codec++;
        else if (error instanceof BridgeProtocolError) seen.protocol++;
        else throw new Error(`untyped error at ${context}`, { cause: error });
      }
    }
    if (peer.violation !== undefined) {
      if (!(peer.violation instanceof BridgeProtocolError)) {
        throw new Error(`untyped violation at ${context}`, { cause: peer.violation });
      }
      seen.protocol++;
    } else if (peer.frames.length === 0) {
      seen.incomplete++;
    }
    const ms = performance.now() - began;
    if (ms > MAX_MS) throw new Error(`${ms} ms at ${context}`);
    slowestMs = Math.max(slowestMs, ms);
    // A frame that is not whole would swallow the next one, and a violation ends a connection.
    if (peer.violation !== undefined || mutant.field === 'length') peer = new Peer();
    else peer.frames = [];
  }

  const past = seen.opened / FRAMES;
  process.stdout.write(
    `fuzz TypeScript: ${FRAMES} frames, seed ${SEED}: ${(past * 100).toFixed(1)} % past the header, ` +
      `${new Set(seeds.map(({ type }) => type)).size} types, ${fieldsSeen.size}/${byField.size} fields, ` +
      `${howSeen.size} kinds of mutation; ${JSON.stringify(seen)}; slowest ${slowestMs.toFixed(1)} ms, ` +
      `largest buffer ${largest} bytes\n`,
  );
  expect(past).toBeGreaterThanOrEqual(0.3);
  expect(seeds.map(({ type }) => type)).toEqual(expect.arrayContaining(Object.keys(FrameType)));
  expect(fieldsSeen.size).toBe(byField.size);
  expect(howSeen).toEqual(new Set(['header', 'entry', ...BODY_MUTATIONS]));
  expect(largest).toBeLessThanOrEqual(MAX_FRAME_BYTES + 16);
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(256 << 20);
});
