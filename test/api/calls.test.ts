// Python functions that are called as if they were ours.

import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest';
import {
  CallError,
  CodecError,
  JobCancelledError,
  StreamExecutionEnvironment,
  UserFunctionError,
  WorkerError,
  py,
} from '../../src/index.ts';
import { eventually, isRunning } from '../fixtures/processes.ts';

const file = fileURLToPath(new URL('../fixtures/python/called.py', import.meta.url));
const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
afterAll(() => env.close());

const alone = (config = {}) =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1, config });

const failureOf = (promise: Promise<unknown>): Promise<Error & { code?: string }> =>
  promise.then(
    (value) => expect.unreachable(`it gave ${String(value)}`),
    (error) => error,
  );

describe('a function', { timeout: 30_000 }, () => {
  test('is called with arguments of any number, and typed', async () => {
    const double = await env.call(py<number, number>(file, 'double'));
    expectTypeOf(double).parameters.toEqualTypeOf<[argument: number]>();
    expectTypeOf(double).returns.resolves.toEqualTypeOf<number>();
    expect(await double(21)).toBe(42);
    const joined = await env.call<(a: string, b: number, c?: string) => string>(py(file, 'join'));
    expectTypeOf(joined).toBeCallableWith('a', 1, 'c');
    // @ts-expect-error the second argument is a number
    expectTypeOf(joined).toBeCallableWith('a', 'b');
    expect(await joined('a', 1)).toBe('a1c');
    expect(await joined('a', 1, 'x')).toBe('a1x');
    const pid = await env.call<() => number>(py(file, 'pid'));
    expect(await pid()).toBeGreaterThan(1);
  });

  test('has a thousand calls at once, on the workers of the environment', async () => {
    const double = await env.call(py<number, number>(file, 'double'));
    const later = await env.call(py(file, 'later'));
    const all = Array.from({ length: 1_000 }, (_, i) => i);
    const [plain, async_] = await Promise.all([
      Promise.all(all.map((i) => double(i))),
      Promise.all(all.map((i) => later(i))),
    ]);
    expect(plain).toEqual(all.map((i) => 2 * i));
    expect(async_).toEqual(all);
    const sleep = await env.call(py<number, number>(file, 'sleep'));
    const pids = await Promise.all([sleep(0.1), sleep(0.1), sleep(0.1), sleep(0.1)]);
    expect(new Set(pids).size).toBe(2);
  });

  test('that is a coroutine goes on beside others; a plain one may run a loop itself', async () => {
    const one = alone();
    const gather = await one.call(py<number, number>(file, 'gather'));
    expect(await Promise.all(Array.from({ length: 50 }, () => gather(50)))).toHaveLength(50);
    const nested = await one.call<() => number>(py(file, 'nested'));
    expect(await nested()).toBe(7);
    await one.close();
  });

  test('of a class is made, opened and closed once in each worker, on one thread', async () => {
    const log = join(await mkdtemp(join(tmpdir(), 'isthmus-')), 'log');
    const own = alone();
    const model = await own.call(py(file, 'Model', { args: [3], kwargs: { log } }));
    expect(await Promise.all([model(1), model(2)])).toEqual([
      [3, 1, 0],
      [6, 1, 0],
    ]);
    await model.close();
    expect(readFileSync(log, 'utf8')).toBe('closed\n');
    const again = await own.call(py(file, 'Model', { args: [3], kwargs: { log } }));
    await again(1);
    await own.close();
    expect(readFileSync(log, 'utf8')).toBe('closed\nclosed\n');
    await using client = await env.call(py<number, number>(file, 'AsyncClient'));
    expect(await client(1)).toBe(2);
  });

  test('that is none, or no function, is refused before it is called', async () => {
    const message = async (name: string, options = {}) =>
      (await failureOf(env.call(py(file, name, options)))).message;
    expect(await message('doubel')).toContain('Did you mean "double"?');
    expect(await message('NoMethod')).toContain('has no method "call", "__call__" or "map"');
    expect(await message('double', { args: [1] })).toContain('takes no args');
    expect(await message('Model')).toContain('needs "factor"');
    expect(await message('numbers')).toContain('is a generator. A call has one result');
    const bad = await failureOf(env.call(py(file, 'Bad')));
    expect(bad).toBeInstanceOf(UserFunctionError);
    expect(bad.message).toContain('cannot be made');
    await expect(env.call((() => 1) as never)).rejects.toThrow(
      'A TypeScript function is called as',
    );
    await expect(env.call(py(file, 'double'), { timeout: 1 } as never)).rejects.toThrow(
      'has no option timeout. Did you mean timeoutMs?',
    );
  });
});

describe('an error', { timeout: 30_000 }, () => {
  test.each([
    ['value', 'ValueError', 'no value please'],
    ['exit', 'SystemExit', '3'],
    ['interrupt', 'KeyboardInterrupt', ''],
    ['stop', 'StopIteration', '1'],
    ['cancelled', 'CancelledError', ''],
    ['generator exit', 'GeneratorExit', ''],
    ['assert', 'AssertionError', 'that is not so'],
    ['unprintable', 'Bad', ''],
  ])('%s is the rejection of its call alone', async (how, type, text) => {
    for (const name of ['fail', 'fail_later']) {
      const fail = await env.call(py<string, string>(file, name));
      const [error, fine] = await Promise.all([failureOf(fail(how)), fail('no failure')]);
      expect(fine).toBe('no failure');
      expect(error).toBeInstanceOf(UserFunctionError);
      const { report } = error as UserFunctionError;
      // A coroutine makes another error of it, as Python has it.
      const isOther = how === 'stop' && name === 'fail_later';
      if (!isOther) expect(report?.exceptionType).toContain(type);
      expect(error.message).toContain(text);
      expect(error.message).toContain(`record: ['${how}']`);
      expect(error.message).toMatch(/called\.py", line \d+, in fail/);
      await fail.close();
    }
  });

  test('says what cannot cross, either way', async () => {
    const same = await env.call(py(file, 'same'));
    const give = await env.call(py(file, 'give'));
    const refused = await Promise.all(
      [undefined, { a: { b: undefined } }, () => 1, Symbol('s'), new (class A {})()].map(
        async (value) => failureOf(same(value)),
      ),
    );
    for (const error of refused) expect(error).toBeInstanceOf(CodecError);
    expect(refused[1]?.message).toContain('$[0].a.b');
    for (const what of ['object', 'lock']) {
      expect(await failureOf(give(what))).toBeInstanceOf(CodecError);
    }
    expect(await same(1)).toBe(1);
    const generator = await env.call(py(file, 'hidden_generator'));
    expect((await failureOf(generator())).message).toContain(
      'has given a generator. A call has one',
    );
    const wrong = await failureOf((await env.call(py(file, 'double')))(1, 2));
    expect(wrong.message).toContain('takes 1 positional argument but 2 were given');
  });
});

test('values keep their types', { timeout: 30_000 }, async () => {
  const same = await env.call(py(file, 'same'));
  const give = await env.call(py(file, 'give'));
  const date = new Date('2026-01-02T03:04:05Z');
  for (const value of [2n ** 70n, null, 'ü', 1.5, date, new Set([1]), new Map([[1, 'a']])]) {
    expect(await same(value)).toEqual(value);
  }
  expect(await same(Number.NaN)).toBeNaN();
  expect(await same(Buffer.from('ab'))).toEqual(Uint8Array.of(97, 98));
  expect(await same({ a: [1, { b: null }] }, 2)).toEqual([{ a: [1, { b: null }] }, 2]);
  expect(await give('nan')).toBeNaN();
  expect(await give('big')).toBe(2n ** 70n);
  expect(String(await give('decimal'))).toBe('1.50');
  expect(await give('date')).toEqual(new Date('2026-01-02T00:00:00Z'));
  expect(await give('int64')).toBe(5);
  expect(await give('none')).toBeNull();
  expect(await give('tuple')).toEqual([1, 2]);
  expect(await give('set')).toEqual(new Set([1]));
});

describe('a bound', { timeout: 30_000 }, () => {
  test('of time: the call rejects; a worker that is at it still is replaced', async () => {
    const own = alone();
    const sleep = await own.call(py<number, number>(file, 'sleep'));
    const later = await own.call(py(file, 'later'), { timeoutMs: 50 });
    const before = await sleep(0);
    const late = await failureOf(later(1, 60));
    expect(late).toBeInstanceOf(CallError);
    expect(late.code).toBe('ISTHMUS_CALL_TIMEOUT');
    expect(await sleep(0)).toBe(before);
    const stuck = failureOf(sleep.with({ timeoutMs: 50 })(60));
    expect((await stuck).message).toContain('has had no answer within 50 ms');
    const after = await sleep(0);
    expect(after).not.toBe(before);
    await eventually('the worker has ended', () => !isRunning(before));
    const block = await own.call(py(file, 'block'), { timeoutMs: 50 });
    expect(await failureOf(block(60))).toBeInstanceOf(CallError);
    await eventually('the other worker has ended', () => !isRunning(after));
    expect(await later.with({ timeoutMs: 20_000 })(1)).toBe(1);
    await own.close();
  });

  test('of number: one more is refused', async () => {
    const sleep = await env.call(py<number, number>(file, 'sleep'), { maxCalls: 2 });
    const calls = [sleep(0.05), sleep(0.05)];
    const error = await failureOf(sleep(0));
    expect(error.code).toBe('ISTHMUS_CALL_LIMIT');
    await Promise.all(calls);
    expect(await sleep(0)).toBeGreaterThan(1);
  });

  test('a signal ends a call', async () => {
    const later = await env.call(py<number, number>(file, 'later'));
    const controller = new AbortController();
    const under = failureOf(later.with({ signal: controller.signal })(1));
    controller.abort();
    expect(await under).toBeInstanceOf(JobCancelledError);
    expect((await under).message).toBe('The call was cancelled by its signal.');
    const never = later.with({ signal: AbortSignal.abort() });
    expect(await failureOf(never(1))).toBeInstanceOf(JobCancelledError);
    expect(await later(2)).toBe(2);
  });

  test('of size: what is too large for a frame', async () => {
    const own = alone({ 'isthmus.bridge.max-frame-bytes': '1 mb' });
    const same = await own.call(py(file, 'same'));
    const double = await own.call(py(file, 'double'));
    expect(await failureOf(same('x'.repeat(1 << 20)))).toBeInstanceOf(CodecError);
    const error = await failureOf(double('x'.repeat(600_000)));
    expect(error).toBeInstanceOf(CodecError);
    expect(error.message).toContain('The result of');
    const many = Array.from({ length: 8 }, (_, i) => String(i).repeat(500_000));
    expect(await Promise.all(many.map((text) => same(text)))).toEqual(many);
    await own.close();
  });
});

describe('a worker', { timeout: 30_000 }, () => {
  test('that dies rejects its calls and no others, and is replaced', async () => {
    const own = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 });
    const sleep = await own.call(py<number, number>(file, 'sleep'));
    const pids = await Promise.all([sleep(0.2), sleep(0.2)]);
    const calls = [sleep(0.5), sleep(0.5)].map((call) => call.catch((error: Error) => error));
    setTimeout(() => process.kill(pids[0] as number, 'SIGKILL'), 100);
    const [one, other] = await Promise.all(calls);
    const failures = [one, other].filter((given) => given instanceof WorkerError);
    expect(failures).toHaveLength(1);
    expect([one, other].filter((given) => given === pids[1])).toHaveLength(1);
    for (let i = 0; i < 200; i++) {
      const now = new Set(await Promise.all([sleep(0.02), sleep(0.02)]));
      if (now.size === 2) break;
    }
    const after = new Set(await Promise.all([sleep(0.2), sleep(0.2)]));
    expect(after.size).toBe(2);
    expect(after.has(pids[0] as number)).toBe(false);
    await own.close();
  });

  test('that every call kills does not keep calls waiting', async () => {
    const own = alone();
    const die = await own.call(py<number, number>(file, 'die'));
    for (let i = 0; i < 2; i++) {
      const error = await failureOf(die(7));
      expect(error).toBeInstanceOf(WorkerError);
      expect(error.message).toContain('exited with code 7');
    }
    await own.close();
  });

  test('is outside of the bound on jobs', async () => {
    const own = alone({ 'python.worker.max-count': '1' });
    const double = await own.call(py<number, number>(file, 'double'));
    const results = await own
      .fromCollection([1])
      .map(py<number, number>(file, 'double'))
      .executeAndCollect()
      .toArray();
    expect(results).toEqual([2]);
    expect(await double(2)).toBe(4);
    await own.close();
  });
});

describe('the end', { timeout: 30_000 }, () => {
  test('of an environment rejects what is under way, and what comes after it', async () => {
    const own = alone();
    const sleep = await own.call(py<number, number>(file, 'sleep'));
    const under = failureOf(sleep(60));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await own.close();
    expect((await under).code).toBe('ISTHMUS_CALL_CLOSED');
    expect((await failureOf(sleep(0))).code).toBe('ISTHMUS_CALL_CLOSED');
  });

  test('of a function waits for its calls', async () => {
    const sleep = await env.call(py<number, number>(file, 'sleep'));
    const under = sleep(0.1);
    await sleep.close();
    expect(await under).toBeGreaterThan(1);
    expect((await failureOf(sleep(0))).message).toContain('cannot be called any more');
  });

  const program = (body: string) => `
    import { StreamExecutionEnvironment, py } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
    const config = { 'python.worker.memory-limit': '2 gb' };
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1, config });
    const sleep = await env.call(py(${JSON.stringify(file)}, 'sleep'));
    const pid = await sleep(0);
    console.log(pid);
    ${body}`;
  const run = (body: string) =>
    execa(process.execPath, ['--input-type=module-typescript', '-e', program(body)], {
      reject: false,
      timeout: 20_000,
    });

  test('a program that forgets to close ends, and its workers with it', async () => {
    const { stdout, stderr, exitCode } = await run('console.log(typeof (await sleep(0.3)))');
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const [pid, type] = stdout.split('\n');
    expect(type).toBe('number');
    await eventually('its worker has ended', () => !isRunning(Number(pid)));
  });

  test('SIGTERM in a service: its handler closes, and the process ends', async () => {
    const { stdout, exitCode } = await run(`
      const waiting = sleep(60).catch((error) => console.log(error.code));
      process.once('SIGTERM', async () => { await env.close(); console.log('closed'); });
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50);
      await waiting;`);
    const [pid, ...said] = stdout.split('\n');
    expect({ said, exitCode }).toEqual({ said: ['ISTHMUS_CALL_CLOSED', 'closed'], exitCode: 0 });
    expect(isRunning(Number(pid))).toBe(false);
  });
});
