// The `isthmus` command as users start it, from its sources.

import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsesUsing } from '../fixtures/using.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const python = join(root, '.venv', 'bin', 'python');
const examples = join(root, 'examples');
let folder: string;

/** Say their parallelism, and the name of their job in a function. */
const PROGRAMS = {
  py: `from isthmus.datastream import MapFunction, StreamExecutionEnvironment
class Name(MapFunction):
    def open(self, runtime_context):
        self.name = runtime_context._ctx.job_name
    def map(self, value):
        return self.name
env = StreamExecutionEnvironment.get_execution_environment()
print("parallelism", env.get_parallelism(), flush=True)
env.from_collection([1]).map(Name()).print().set_parallelism(1)
env.execute()
`,
  ts: `import { StreamExecutionEnvironment } from '${join(root, 'src', 'index.ts')}';
class Name { open(context) { this.name = context.jobName; } map() { return this.name; } }
const env = StreamExecutionEnvironment.getExecutionEnvironment();
console.log('parallelism', env.getParallelism());
env.fromCollection([1]).map(new Name()).print().setParallelism(1);
await env.execute();
await env.close();
`,
};

async function isthmus(args: string[], env: Record<string, string> = {}) {
  const command = [join(root, 'src', 'cli', 'main.ts'), ...args];
  const ended = await execa(process.execPath, command, { cwd: root, reject: false, env });
  return { stdout: ended.stdout, stderr: ended.stderr, exitCode: ended.exitCode };
}

/** The events of a job that has finished, as JSON lines. */
function expectLife(text: string): void {
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const { jobId } = events[0] as { jobId: string };
  expect(jobId).toMatch(/^[0-9a-f]{32}$/);
  for (const event of events) expect(event).toMatchObject({ job: 'word count', jobId, attempt: 0 });
  expect(events.map(({ kind }) => kind)).toContain('metrics');
  expect(events.filter(({ kind }) => kind === 'status').map(({ status }) => status)).toEqual([
    'RUNNING',
    'FINISHED',
  ]);
  expect(events.at(-1)?.kind).toBe('status');
}

describe('isthmus', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-cli-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  describe('run', () => {
    test.each(parsesUsing ? ['word_count.py', 'word-count.ts'] : ['word_count.py'])(
      'runs %s, results on stdout',
      async (name) => {
        const file = join(examples, 'word-count', name);
        const { stdout, stderr, exitCode } = await isthmus(['run', file]);
        const expected = await readFile(join(examples, 'word-count', 'expected.txt'), 'utf8');
        expect(stdout).toBe(expected.trimEnd());
        expect(stderr).toBe('');
        expect(exitCode).toBe(0);
      },
    );

    test('shows progress on stderr alone, and writes events to a file', async () => {
      const file = join(examples, 'word-count', 'word_count.py');
      const events = join(folder, 'events.jsonl');
      await writeFile(events, 'of the run before\n');
      const { stdout, stderr } = await isthmus(['run', '--progress', '--events', events, file]);
      const expected = await readFile(join(examples, 'word-count', 'expected.txt'), 'utf8');
      expect(stdout).toBe(expected.trimEnd());
      expect(stderr).toMatch(/word count: FINISHED after \d+\.\d s/);
      expect(stderr).toMatch(/FlatMap 12 \([\d,]+\/s\)/);
      // Of a sink, what it has taken.
      expect(stderr).toMatch(/Print to Std\. Out 12 \([\d,]+\/s\)/);
      expectLife(await readFile(events, 'utf8'));
    });

    test.each(['py', 'ts'])(
      'a nested file of Flink 2 is heeded by a program in %s',
      async (language) => {
        const config = join(folder, 'config.yaml');
        await writeFile(config, 'parallelism:\n  default: 3\npipeline: {name: from the file}\n');
        const file = join(folder, `settings.${language}`);
        await writeFile(file, PROGRAMS[language as 'py' | 'ts']);
        const { stdout, stderr } = await isthmus(['run', '--config', config, '-D', 'a.b=c', file]);
        expect(stderr).toBe('');
        expect(stdout.split('\n')).toEqual(['parallelism 3', 'from the file']);
      },
    );

    test.runIf(parsesUsing)('writes events to stderr', async () => {
      const file = join(examples, 'word-count', 'word-count.ts');
      expectLife((await isthmus(['run', '--events', '-', file])).stderr);
    });

    test.runIf(parsesUsing)('shows progress as JSON lines', async () => {
      const { stderr } = await isthmus([
        'run',
        '--json',
        join(examples, 'word-count', 'word-count.ts'),
      ]);
      const last = JSON.parse(stderr.trim().split('\n').at(-1) as string) as {
        job: string;
        operators: { name: string; out: number; rate: number }[];
      };
      expect(last.job).toBe('word count');
      expect(last.operators.every(({ out, rate }) => out >= 0 && rate >= 0)).toBe(true);
    });

    test('passes arguments on, and gives the exit code of the program', async () => {
      const file = join(folder, 'exits.py');
      await writeFile(file, 'import sys\nprint(sys.argv[1:])\nsys.exit(7)\n');
      const { stdout, exitCode } = await isthmus(['run', file, '--parallelism', '3', 'x']);
      expect(stdout).toBe("['--parallelism', '3', 'x']");
      expect(exitCode).toBe(7);
    });

    test('the command line is stronger than code', async () => {
      const file = join(folder, 'parallel.py');
      await writeFile(
        file,
        `from isthmus.datastream import StreamExecutionEnvironment
from isthmus.datastream import MapFunction

class Where(MapFunction):
    def open(self, ctx):
        self.of = ctx.get_number_of_parallel_subtasks()
    def map(self, value):
        return self.of

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection([1, 2]).rebalance().map(Where()).print()
env.execute()
`,
      );
      const { stdout } = await isthmus(['run', '-p', '2', file]);
      expect(stdout.split('\n').sort()).toEqual(['1> 2', '2> 2']);
      const bad = await isthmus(['run', '-D', 'parallelism.default=two', file]);
      expect(bad.stderr).toContain('parallelism.default is "two" (command line)');
      expect(bad.exitCode).toBe(2);
      const unknown = await isthmus(['run', '-D', 'pipeline.nam=x', file]);
      expect(unknown.stderr).toContain('pipeline.name');
    });

    test('a failing program shows its error once', async () => {
      const file = join(folder, 'fails.py');
      await writeFile(
        file,
        `from isthmus.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection([0]).map(lambda x: 1 // x).print()
env.execute()
`,
      );
      const { stderr, exitCode } = await isthmus(['run', file]);
      expect(stderr).toContain('ZeroDivisionError');
      expect(stderr).toContain('fails.py');
      expect(exitCode).toBe(1);
    });
  });

  const endless = `
import time
from isthmus.datastream import StreamExecutionEnvironment

def ticks():
    while True:
        yield 1
        time.sleep(0.05)

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_source(ticks).map(lambda tick: tick).print()
env.execute()
`;
  const byNode = [process.execPath, join(root, 'src', 'cli', 'main.ts')];
  test.each([
    ['the npm package', byNode],
    ['the wheel', [python, '-m', 'isthmus']],
  ])(
    'a signal to the command of %s reaches the program',
    async (_whose, [command = '', ...args]) => {
      const file = join(folder, 'endless.py');
      await writeFile(file, endless);
      const running = execa(command, [...args, 'run', file], {
        env: { PYTHONPATH: join(root, 'python') },
        reject: false,
      });
      await once(running.stdout as Readable, 'data');
      running.kill('SIGINT');
      expect((await running).exitCode).toBe(130);
    },
  );

  describe('graph', () => {
    const pipeline = join(examples, 'typescript-in-python', 'prices.py');

    test('as Mermaid, with languages and partitioning', async () => {
      const { stdout, exitCode } = await isthmus(['graph', pipeline]);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^flowchart LR/);
      expect(stdout).toContain('class task0 python');
      expect(stdout).toContain('TypeScript');
    });

    test.runIf(parsesUsing)('as JSON', async () => {
      const { stdout } = await isthmus([
        'graph',
        '--json',
        join(examples, 'word-count', 'word-count.ts'),
      ]);
      const plan = JSON.parse(stdout) as { name: string; tasks: { language: string }[] };
      expect(plan.name).toBe('word count');
      expect(plan.tasks.map(({ language }) => language)).toContain('typescript');
    });

    test('as a picture', async () => {
      const picture = join(folder, 'graph.svg');
      await isthmus(['graph', pipeline, '-o', picture]);
      const svg = await readFile(picture, 'utf8');
      expect(svg).toMatch(/^<svg xmlns/);
      expect(svg.match(/<rect /g)?.length).toBeGreaterThanOrEqual(3);
      expect(svg).toContain('TypeScript');
      expect(svg).not.toContain('NaN');
    });

    test('from Python too', async () => {
      const env = { PYTHONPATH: join(root, 'python') };
      const { stdout } = await execa(python, ['-m', 'isthmus', 'graph', pipeline], { env });
      expect(stdout).toBe((await isthmus(['graph', pipeline])).stdout);
    });

    test('of the first job of several, saying so', async () => {
      const file = fileURLToPath(new URL('../fixtures/pipelines/several.py', import.meta.url));
      const { stdout, stderr, exitCode } = await isthmus(['graph', file]);
      expect(stdout).toContain('flowchart');
      expect(stderr).toMatch(/this is the first job of .*several.py; line \d+ runs another/);
      expect(exitCode).toBe(0);
    });

    test('of a program that executes nothing', async () => {
      const file = join(folder, 'nothing.py');
      await writeFile(file, 'print("hello")\n');
      const { stdout, stderr, exitCode } = await isthmus(['graph', file]);
      expect(stdout).toBe('');
      expect(stderr).toContain('it has no job');
      expect(exitCode).toBe(2);
    });
  });

  describe('used wrongly', () => {
    const program = join(examples, 'word-count', 'word_count.py');
    test.each([
      ['a parallelism that is none', ['run', '-p', '0', program], 'parallelism.default is "0"'],
      [
        'a value of another type',
        ['run', '-D', 'isthmus.channels=x', program],
        'must be one of auto',
      ],
      ['no such configuration', ['graph', '--config', '/none', program], '/none cannot be read'],
      ['events for no file', ['run', '--events', '/none/e', program], 'Events cannot be written'],
      ['a folder that is not there', ['graph', '-o', '/none/g.svg', program], 'cannot be written'],
    ])('%s is one sentence and exit code 2', async (_what, args, sentence) => {
      const { stdout, stderr, exitCode } = await isthmus(args);
      expect(stderr).toContain(sentence);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    });
  });

  describe('doctor', () => {
    test('finds this checkout in order', async () => {
      const { stdout, exitCode } = await isthmus(['doctor', '--json', '-p', '3']);
      const { findings, configuration } = JSON.parse(stdout) as {
        findings: { what: string; ok: boolean }[];
        configuration: unknown[];
      };
      expect(findings.filter(({ ok }) => !ok)).toEqual([]);
      expect(findings.map(({ what }) => what)).toContain('msgspec');
      expect(configuration).toContainEqual({
        key: 'parallelism.default',
        value: '3',
        place: 'command line',
      });
      expect(exitCode).toBe(0);
    });

    test('shows every setting with --all, and what it is by default', async () => {
      const { stdout } = await isthmus(['doctor', '--all', '-D', 'state.backend=rocksdb']);
      expect(stdout).toContain('  state.backend.type = rocksdb   (command line)\n');
      expect(stdout).toContain('  pipeline.auto-watermark-interval = 200 ms   (default)\n');
    });

    test('finds the interpreter that the command line names', async () => {
      const { stdout } = await isthmus(['doctor', '-D', 'python.executable=/no/python']);
      expect(stdout).toContain('✗ Python');
      expect(stdout).toContain('/no/python');
    });

    test('says what to do about an interpreter that is not there', async () => {
      const env = { ISTHMUS_PYTHON: join(folder, 'no-python') };
      const { stdout, exitCode } = await isthmus(['doctor'], env);
      expect(stdout).toContain('✗ Python');
      expect(stdout).toContain('ISTHMUS_PYTHON');
      expect(exitCode).toBe(1);
    });
  });

  test.each([
    [['run', 'missing.py'], 'There is no file missing.py'],
    [['run', 'notes.txt'], 'no program that Isthmus runs'],
    [['run', '-D', 'novalue', 'x.py'], 'not of the form key=value'],
    [['rum'], "unknown command 'rum'"],
  ])('%j is refused', async (args, message) => {
    const { stderr, exitCode } = await isthmus(args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});
