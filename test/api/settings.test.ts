// Settings of a TypeScript program: setters and options are one thing, and functions of both languages are told the same.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { CONFIG_FILE_VARIABLE } from '../../src/config/in-force.ts';
import {
  type EnvironmentOptions,
  loadPipeline,
  type LogEntry,
  py,
  type RuntimeContext,
  StreamExecutionEnvironment,
} from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-settings-'));
const environment = (options: EnvironmentOptions = {}) =>
  StreamExecutionEnvironment.getExecutionEnvironment(options);

afterEach(() => vi.unstubAllEnvs());

test('the last setter counts, whichever it is', () => {
  const env = environment({ parallelism: 2, config: { 'parallelism.default': 3 } });
  expect(env.getParallelism()).toBe(2);
  expect(env.configure({ 'parallelism.default': 4 }).getParallelism()).toBe(4);
  expect(env.setParallelism(5).getParallelism()).toBe(5);
  env.setMaxParallelism(64).configure({ 'pipeline.max-parallelism': '32' });
  expect(env.getMaxParallelism()).toBe(32);
  env.fromCollection([1]).print();
  const { graph } = env.build('job');
  expect(graph).toMatchObject({ parallelism: 5, maxParallelism: 32 });
});

test('what is said outside is stronger than every setter', () => {
  vi.stubEnv('ISTHMUS_PIPELINE_MAX_PARALLELISM', '16');
  vi.stubEnv('ISTHMUS_EXECUTION_RUNTIME_MODE', 'batch');
  const env = environment({ maxParallelism: 64, runtimeMode: 'STREAMING' });
  expect(env.getMaxParallelism()).toBe(16);
  env.fromCollection([1]).print();
  expect(env.build().graph).toMatchObject({ maxParallelism: 16, runtimeMode: 'BATCH' });
});

test('the interpreter is one setting, however it is said', () => {
  const env = environment({ python: { interpreter: '/a' }, config: { 'python.executable': '/b' } });
  env.fromCollection([1]).print();
  expect(env.build().graph.settings.pythonExecutable).toBe('/a');
  env.configure({ 'python.executable': '/c' });
  expect(env.build().graph.settings.pythonExecutable).toBe('/c');
});

const told = join(folder, 'told.py');
writeFileSync(
  told,
  `class Told:
    def open(self, runtime_context):
        self.settings = runtime_context._ctx.settings
        self.region = runtime_context.get_job_parameter("region", "none")
    def map(self, value):
        settings = self.settings
        return [settings.auto_watermark_interval_ms, settings.state_backend, self.region]
`,
);

class Told {
  #context!: RuntimeContext;
  open(context: RuntimeContext) {
    this.#context = context;
  }
  map() {
    return [
      this.#context.getJobParameter('region', 'none'),
      this.#context.getJobParameter('x', 'y'),
    ];
  }
}

test('functions of both languages are told the same', { timeout: 60_000 }, async () => {
  const config = {
    'pipeline.auto-watermark-interval': '1 minute',
    'state.backend': 'rocksdb',
    'pipeline.global-job-parameters': { region: 'eu, west' },
  };
  await using env = environment({ config });
  const numbers = env.fromCollection([1]);
  expect(await numbers.map(new Told()).executeAndCollect().toArray()).toEqual([['eu, west', 'y']]);
  const inPython = env.fromCollection([1]).map(py(told, 'Told'));
  expect(await inPython.executeAndCollect().toArray()).toEqual([[60_000, 'embedded', 'eu, west']]);
});

test('a key without effect is said to have none', async () => {
  const said: string[] = [];
  const logger = ({ message }: LogEntry) => void said.push(message);
  await using env = environment({
    logger,
    config: { 'execution.checkpointing.savepoint-dir': '/s' },
  });
  env.fromCollection([1]).addSink(() => {});
  await env.execute();
  expect(said).toEqual([
    'execution.checkpointing.savepoint-dir (code) has no effect: savepoints come with the next release.',
  ]);
});

test('a loaded pipeline heeds what is said outside of it', { timeout: 60_000 }, async () => {
  const program = join(folder, 'pipeline.py');
  writeFileSync(
    program,
    `from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection([1]).map(lambda v: v).to_output("out")
env.execute()
`,
  );
  const file = join(folder, 'config.yaml');
  writeFileSync(
    file,
    'parallelism:\n  default: 3\npipeline: {name: outside, object-reuse: true}\n',
  );
  vi.stubEnv(CONFIG_FILE_VARIABLE, file);
  await using pipeline = await loadPipeline(program);
  expect(pipeline.graph.toMermaid()).toContain('Python × 3');
  expect(pipeline.graph.toJSON().name).toBe('outside');
});
