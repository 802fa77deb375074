import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { decodeControl, encodeControl } from '../../src/bridge/codec/control.ts';
import { encodeFrame, type Frame, FrameType } from '../../src/bridge/frame.ts';
import { FrameConnection, mapOf } from '../../src/bridge/frame-connection.ts';
import { BridgeProtocolError } from '../../src/errors.ts';

function connect(onFrame?: (frame: Frame) => void) {
  const input = new PassThrough();
  const output = new PassThrough();
  const events: string[] = [];
  const connection = new FrameConnection(input, output, {
    frame: (frame) => {
      events.push(`frame ${frame.type}`);
      onFrame?.(frame);
    },
    violation: (error) => events.push(`violation ${error.message}`),
    end: () => events.push('end'),
  });
  return { connection, input, output, events };
}

const bytesOf = (type: number, body: Uint8Array = new Uint8Array()) =>
  Buffer.concat(encodeFrame(type, 0, 0, 0, body));
const PING = bytesOf(FrameType.PING);

test('frames sent in one turn leave in one write', async () => {
  const { connection, output } = connect();
  let written = 0;
  output.on('data', () => written++);
  output._writev = (chunks, callback) => {
    written += 100;
    for (const { chunk } of chunks) output.push(chunk);
    callback();
  };
  for (let i = 0; i < 5; i++) connection.send(FrameType.PING, 0, 0, 0, new Uint8Array());
  await setImmediate();
  expect(written).toBe(105);
});

test('a broken header is a violation, and the last thing that is heard', async () => {
  const { input, events } = connect();
  input.write(Buffer.concat([PING, Buffer.alloc(16, 0xff), PING]));
  input.end(PING);
  await setImmediate();
  // What came before the violation in the same read is gone with it.
  expect(events).toEqual(['violation magic: 0xff instead of 0xb5']);
});

test('a body that is no map is a violation too', async () => {
  const { input, events } = connect((frame) => {
    if (frame.type === FrameType.HELLO) mapOf(frame);
  });
  input.write(Buffer.concat([PING, bytesOf(FrameType.HELLO, Uint8Array.of(0x90)), PING]));
  await setImmediate();
  expect(events).toEqual([
    `frame ${FrameType.PING}`,
    `frame ${FrameType.HELLO}`,
    'violation body: it is not a map',
  ]);
});

test('errors of ours are not taken for those of the peer', () => {
  const { input, events } = connect(() => {
    throw new TypeError('a bug');
  });
  expect(() => input.emit('data', PING)).toThrow('a bug');
  expect(events).toEqual([`frame ${FrameType.PING}`]);
});

test('after the end nothing is handed over and nothing is written', async () => {
  const { connection, input, output, events } = connect();
  input.end(PING);
  await setImmediate();
  expect(events).toEqual([`frame ${FrameType.PING}`, 'end']);
  connection.send(FrameType.PING, 0, 0, 0, new Uint8Array());
  await setImmediate();
  expect(output.read()).toBeNull();
});

test('an error of either stream is the end, told once', async () => {
  const { input, output, events } = connect();
  output.destroy(new Error('broken pipe'));
  input.destroy(new Error('gone'));
  await setImmediate();
  expect(events).toEqual(['end']);
});

test('the error of a body says what was wrong with it', () => {
  const frame = {
    type: FrameType.HELLO,
    flags: 0,
    channel: 0,
    count: 0,
    body: Uint8Array.of(0x81),
  };
  expect(() => mapOf(frame)).toThrow(BridgeProtocolError);
  expect(() => mapOf(frame)).toThrow('body: it is not msgpack');
});

test('texts of user code in control frames may have lone surrogates', () => {
  const body = encodeControl({ message: 'odd \ud800', tasks: [{ 're\udc80cord': 'x', n: 1 }] });
  expect(decodeControl(body)).toEqual({
    message: 'odd \\ud800',
    tasks: [{ 're\\udc80cord': 'x', n: 1 }],
  });
  const blob = Uint8Array.of(0xff);
  expect(decodeControl(encodeControl({ message: '\udfff', blob }))).toEqual({
    message: '\\udfff',
    blob,
  });
});
