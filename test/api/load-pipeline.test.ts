import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LogEntry, type Pipeline, loadPipeline } from '../../src/index.ts';
import { happened } from '../fixtures/happened.ts';
import { Numbers } from '../fixtures/own-connectors/connectors.ts';

const fixture = (name: string) => new URL(`../fixtures/pipelines/${name}.py`, import.meta.url);

type Orders = { totals: { id: number; total: number }; rates: number };

describe('a Python pipeline', { timeout: 60_000 }, () => {
  const lines: LogEntry[] = [];
  let pipeline: Pipeline<Orders>;

  beforeAll(async () => {
    pipeline = await loadPipeline<Orders>(fixture('orders'), {
      args: ['3'],
      logger: (entry) => lines.push(entry),
    });
  }, 60_000);
  afterAll(() => pipeline?.close());

  test('shows its inputs, outputs and graph', () => {
    expect(pipeline.inputs).toEqual(['orders', 'rates']);
    expect(pipeline.outputs).toEqual(['totals', 'rates']);
    expect(pipeline.graph.toMermaid()).toContain('Source: orders');
    expect(pipeline.graph.toSvg()).toContain('<title>orders');
    expect(pipeline.graph.toJSON().name).toBe('orders');
  });

  test('prints to the logger while it is loaded', () => {
    expect(lines.map(({ message }) => message)).toContain("loading with ['3']");
  });

  test('is fed, reads its defaults, and is iterated, any number of times', async () => {
    for (const id of [1, 2]) {
      const job = await pipeline.start({ inputs: { orders: [{ id, amount: 2 }] } });
      const totals: unknown[] = [];
      for await (const total of job.outputs.totals) totals.push(total);
      const rates: unknown[] = [];
      for await (const rate of job.outputs.rates) rates.push(rate);
      expect(totals).toEqual([{ id, amount: 2, total: 6 }]);
      expect(rates).toEqual([20, 30]);
      await expect(job.result).resolves.toMatchObject({ jobName: 'orders' });
    }
  });

  test('feeds an input from a source of splits, given as a class', async () => {
    const job = await pipeline.start({ inputs: { orders: [], rates: Numbers } });
    const rates: unknown[] = [];
    for await (const rate of job.outputs.rates) rates.push(rate);
    expect(rates).toHaveLength(40);
    expect(new Set(rates)).toEqual(new Set(Array.from({ length: 40 }, (_, n) => 10 * n)));
    await job.result;
  });

  test('holds its input back as its output is not taken', async () => {
    let fed = 0;
    const orders = function* () {
      for (;;) yield { id: fed++, amount: 1 };
    };
    const job = await pipeline.start({ inputs: { orders: orders(), rates: [] } });
    const totals = job.outputs.totals[Symbol.asyncIterator]();
    await totals.next();
    await happened(job, 'subtask-blocked', ({ language }) => language === 'typescript');
    expect(fed).toBeLessThan(5_000_000);
    await totals.return?.();
    expect(job.status).toBe('CANCELED');
  });

  test('refuses to start without an input that has no default, and with one it has not', async () => {
    await expect(pipeline.start()).rejects.toThrow('input "orders" has no default and is not fed');
    await expect(pipeline.start({ inputs: { order: [] } })).rejects.toThrow(
      'no input "order". Did you mean "orders"?',
    );
  });
});

describe('loadPipeline', { timeout: 60_000 }, () => {
  const load = (name: string) => loadPipeline(fixture(name), { logger: () => {} });

  test('refuses what is no pipeline', async () => {
    await expect(load('nothing')).rejects.toThrow('There is no Python program');
    await expect(load('several')).rejects.toThrow('several jobs');
    const failed = load('fails');
    await expect(failed).rejects.toThrow('RuntimeError: no luck today');
    await expect(failed).rejects.toThrow('fails.py", line 3');
  });
});
