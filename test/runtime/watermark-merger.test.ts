import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../src/runtime/operator.ts';
import { WatermarkMerger } from '../../src/runtime/watermark-merger.ts';

type Step =
  | { kind: 'watermark'; channel: number; at: number }
  | { kind: 'idle'; channel: number; idle: boolean }
  | { kind: 'end'; channel: number };

/** Event time and idleness after a history, worked out from the whole of it at every step. */
function model(channels: number, history: readonly Step[]): { watermark: number; idle: boolean } {
  let watermark = MIN_TIMESTAMP;
  let idle = false;
  for (let length = 1; length <= history.length; length++) {
    const past = history.slice(0, length);
    const state = Array.from({ length: channels }, (_, channel) => {
      const own = past.filter((step) => step.channel === channel);
      const marks = own.flatMap((step) => (step.kind === 'watermark' ? [step.at] : []));
      const idles = own.flatMap((step) => (step.kind === 'idle' ? [step.idle] : []));
      return {
        at: Math.max(MIN_TIMESTAMP, ...marks),
        idle: idles.at(-1) ?? false,
        ended: own.some((step) => step.kind === 'end'),
      };
    });
    const open = state.filter((channel) => !channel.ended);
    const active = open.filter((channel) => !channel.idle);
    const counted = active.length > 0 || open.length < state.length;
    const ending = active.some((channel) => channel.at >= MAX_TIMESTAMP);
    const lowest = Math.min(2 ** 63 - 1024, ...active.map((channel) => channel.at));
    if (counted && !ending && open.length > 0) watermark = Math.max(watermark, lowest);
    idle = open.length > 0 && active.length === 0;
  }
  return { watermark, idle };
}

const CHANNELS = 3;
const channel = fc.integer({ min: 0, max: CHANNELS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('watermark' as const),
      channel,
      at: fc.oneof(fc.integer({ min: -5, max: 20 }), fc.constant(MAX_TIMESTAMP)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('idle' as const), channel, idle: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), channel }) },
);

test('agrees with a model that looks at the whole history', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (history) => {
      const merger = new WatermarkMerger(CHANNELS);
      let watermark = MIN_TIMESTAMP;
      let idle = false;
      for (const [index, { kind, channel, ...rest }] of history.entries()) {
        let change: { watermark?: number; idle?: boolean } = {};
        if (kind === 'watermark') {
          const advanced = merger.advance(channel, (rest as { at: number }).at);
          if (advanced !== undefined) change = { watermark: advanced };
        } else if (kind === 'idle') {
          change = merger.setIdle(channel, (rest as { idle: boolean }).idle);
        } else {
          change = merger.end(channel);
        }
        if (change.watermark !== undefined) {
          expect(change.watermark).toBeGreaterThan(watermark);
          watermark = change.watermark;
        }
        if (change.idle !== undefined) {
          expect(change.idle).not.toBe(idle);
          idle = change.idle;
        }
        expect({ watermark, idle }).toEqual(model(CHANNELS, history.slice(0, index + 1)));
      }
    }),
    { numRuns: 2_000 },
  );
});
