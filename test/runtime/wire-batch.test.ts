import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BridgeProtocolError, CodecError } from '../../src/errors.ts';
import type { RecordBatch } from '../../src/runtime/batch-codec.ts';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../src/runtime/operator.ts';
import { wireCodec } from '../../src/runtime/wire-batch.ts';

const codec = wireCodec('msgpack', undefined);

const timestamp = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(MIN_TIMESTAMP, MAX_TIMESTAMP, 0, -1, 2 ** 32, -(2 ** 32)),
);
const batch: fc.Arbitrary<RecordBatch> = fc
  .array(fc.record({ value: fc.integer(), key: fc.string(), timestamp }), { minLength: 1 })
  .chain((records) =>
    fc.record({ timed: fc.boolean(), keyed: fc.boolean() }).map(({ timed, keyed }) => ({
      values: records.map(({ value }) => value),
      ...(timed ? { timestamps: records.map((record) => record.timestamp) } : {}),
      ...(keyed ? { keys: records.map(({ key }) => key) } : {}),
    })),
  );

test('gives back records, timestamps and keys', () => {
  fc.assert(
    fc.property(batch, (sent) => {
      const { flags, body } = codec.encode(sent);
      expect(codec.decode(flags, sent.values.length, body)).toEqual(sent);
      const { timestamps } = sent;
      if (timestamps === undefined) return;
      const view = new DataView(body.buffer, body.byteOffset);
      for (const [i, at] of timestamps.entries()) {
        const expected = at === MAX_TIMESTAMP ? 2n ** 63n - 1n : BigInt(at);
        expect(view.getBigInt64(i * 8, true)).toBe(expected);
      }
    }),
  );
});

test('refuses a batch that is not what its header says', () => {
  const { flags, body } = codec.encode({ values: [1, 2], timestamps: [5, 6] });
  expect(() => codec.decode(flags, 3, body)).toThrow(BridgeProtocolError);
  expect(() => codec.decode(flags, 1000, body)).toThrow('too few for 1000 timestamps');
  expect(() => codec.decode(2, 2, codec.encode({ values: [1, 2, 3] }).body)).toThrow(CodecError);
});
