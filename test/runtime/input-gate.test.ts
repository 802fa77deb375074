import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InputChannelDeployment } from '../../src/graph/deployment.ts';
import type { Element } from '../../src/runtime/element.ts';
import { type InputEvent, InputGate } from '../../src/runtime/input-gate.ts';

function channels(count: number): InputChannelDeployment[] {
  return Array.from({ length: count }, (_, index) => ({
    channel: 100 + index,
    input: 0,
    codec: 'local',
    keyed: false,
    local: true,
  }));
}

const batch = (...values: unknown[]): Element => ({ kind: 'batch', values, bytes: values.length });
const barrier = (checkpoint: number): Element => ({
  kind: 'barrier',
  checkpoint,
  timestamp: 0,
  of: 'checkpoint',
});

function drain(gate: InputGate): string[] {
  const shown: string[] = [];
  for (let event = gate.next(); event !== undefined; event = gate.next()) shown.push(show(event));
  return shown;
}

function show(event: InputEvent): string {
  switch (event.kind) {
    case 'records':
      return `records ${event.batch.kind === 'batch' ? event.batch.values.join() : '?'}`;
    case 'watermark':
      return `watermark ${event.timestamp}`;
    case 'barrier':
      return `barrier ${event.checkpoint}`;
    case 'idle':
      return `idle ${event.idle}`;
    case 'end':
      return 'end';
  }
}

describe('alignment', () => {
  test('holds a channel from its barrier until the others have theirs, and its credit with it', () => {
    const credits: [number, number][] = [];
    const gate = new InputGate(channels(2), (channel, bytes) => credits.push([channel, bytes]));
    gate.receive(100, barrier(1));
    gate.receive(100, batch('after'));
    gate.receive(101, batch('before'));
    expect(drain(gate)).toEqual(['records before']);
    expect(credits).toEqual([[101, 1]]);
    gate.receive(101, barrier(1));
    expect(drain(gate)).toEqual(['barrier 1', 'records after']);
    expect(credits).toEqual([
      [101, 1],
      [100, 1],
    ]);
  });

  test('does not wait for a channel that has ended', () => {
    const gate = new InputGate(channels(2), () => {});
    gate.receive(100, barrier(1));
    gate.receive(100, batch('after'));
    expect(drain(gate)).toEqual([]);
    gate.receive(101, { kind: 'end' });
    expect(drain(gate)).toEqual(['barrier 1', 'records after']);
  });

  test('gives up an older checkpoint for a newer one', () => {
    const gate = new InputGate(channels(2), () => {});
    gate.receive(100, barrier(1));
    gate.receive(100, batch('a'));
    gate.receive(101, barrier(2));
    expect(drain(gate)).toEqual(['records a']);
    gate.receive(100, barrier(2));
    expect(drain(gate)).toEqual(['barrier 2']);
  });

  test('cuts every channel at the barrier, whatever the order of arrival', () => {
    const element = fc.record({ channel: fc.integer({ min: 0, max: 2 }), barrier: fc.boolean() });
    fc.assert(
      fc.property(fc.array(element, { maxLength: 60 }), (arrivals) => {
        const gate = new InputGate(channels(3), () => {});
        const sent = [0, 0, 0];
        const checkpoints = [0, 0, 0];
        const seen: string[] = [];
        // Each record says behind how many barriers of its channel it came.
        for (const arrival of arrivals) {
          const { channel } = arrival;
          if (arrival.barrier) {
            checkpoints[channel] = (checkpoints[channel] as number) + 1;
            gate.receive(100 + channel, barrier(checkpoints[channel]));
          } else {
            sent[channel] = (sent[channel] as number) + 1;
            gate.receive(
              100 + channel,
              batch(`${channel}/${checkpoints[channel]}/${sent[channel]}`),
            );
          }
          seen.push(...drain(gate));
        }
        let aligned = 0;
        const last = [0, 0, 0];
        for (const line of seen) {
          const [kind, rest] = line.split(' ') as [string, string];
          if (kind === 'barrier') {
            expect(Number(rest)).toBe(++aligned);
            continue;
          }
          const [channel, behind, number] = rest.split('/').map(Number) as [number, number, number];
          expect(behind).toBe(aligned);
          expect(number).toBe((last[channel] as number) + 1);
          last[channel] = number;
        }
        expect(aligned).toBe(Math.min(...checkpoints));
      }),
      { numRuns: 1_000 },
    );
  });
});

test('ends once, after the last channel', () => {
  const gate = new InputGate(channels(2), () => {});
  gate.receive(100, { kind: 'watermark', timestamp: 7 });
  gate.receive(100, { kind: 'end' });
  expect(drain(gate)).toEqual([]);
  gate.receive(101, { kind: 'watermark', timestamp: 3 });
  gate.receive(101, { kind: 'end' });
  expect(drain(gate)).toEqual(['watermark 3', 'end']);
});

test('takes turns between channels', () => {
  const gate = new InputGate(channels(2), () => {});
  for (let i = 0; i < 3; i++) gate.receive(100, batch(`a${i}`));
  gate.receive(101, batch('b0'));
  expect(drain(gate)).toEqual(['records a0', 'records b0', 'records a1', 'records a2']);
});
