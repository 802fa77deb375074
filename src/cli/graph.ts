import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import { configurationInForce } from '../config/in-force.ts';
import { describePlan, flinkPlan, toMermaid } from '../graph/explain.ts';
import type { ExecutionPlan } from '../graph/execution-plan.ts';
import type { JobGraph, SubmittedGraph } from '../graph/job-graph.ts';
import { planJob } from '../graph/planner.ts';
import { PYTHON_JOB, settledGraph } from '../graph/settle.ts';
import { toSvg } from '../graph/svg.ts';
import { CommandError } from './command-error.ts';
import { recordGraph } from './record.ts';
import { checkedSettings, type SettingFlags, withSettings } from './settings.ts';

const FORMATS: Record<string, (plan: ExecutionPlan) => string> = {
  mermaid: toMermaid,
  svg: (plan) => toSvg(describePlan(plan)),
  json: (plan) => JSON.stringify(describePlan(plan), null, 2),
  plan: (plan) => JSON.stringify(flinkPlan(plan), null, 2),
};
const BY_ENDING: Record<string, string> = { '.svg': 'svg', '.json': 'json' };

interface GraphFlags extends SettingFlags {
  format?: string;
  json?: boolean;
  output?: string;
}

/** `isthmus graph FILE` */
export function graphCommand(program: Command): void {
  withSettings(program.command('graph'))
    .description('show the job graph of a program, which runs up to its first execute')
    .argument('<file>', 'a .py, .ts, .mts, .js or .mjs file')
    .argument('[args...]', "the program's own arguments; those that begin with - after a --")
    .addOption(
      new Option('-f, --format <format>', 'plan: the JSON that Flink’s visualizer reads').choices(
        Object.keys(FORMATS),
      ),
    )
    .option('--json', 'the same as --format json')
    .option('-o, --output <file>', 'write to a file; .svg and .json say the format')
    .action(async (file: string, args: string[], flags: GraphFlags) => {
      const settings = checkedSettings(flags);
      const recorded = await recordGraph(file, args, settings);
      const plan = planJob(inForce(recorded, { ...process.env, ...settings }));
      const ending = flags.output === undefined ? undefined : BY_ENDING[extname(flags.output)];
      const format = flags.format ?? (flags.json === true ? 'json' : (ending ?? 'mermaid'));
      const render = FORMATS[format];
      if (render === undefined) throw new CommandError(`There is no format ${format}.`);
      const text = `${render(plan).trimEnd()}\n`;
      if (flags.output === undefined) process.stdout.write(text);
      else writeGraph(flags.output, text);
    });
}

/** A TypeScript program's graph is that already; of Python it is what the code says. */
function inForce(
  recorded: JobGraph | SubmittedGraph,
  environment: Readonly<Record<string, string | undefined>>,
): JobGraph {
  if ('settings' in recorded) return recorded;
  const { settings, warnings } = configurationInForce(recorded.config, environment);
  for (const warning of warnings) process.stderr.write(`isthmus: ${warning}\n`);
  return settledGraph(recorded, settings, PYTHON_JOB);
}

function writeGraph(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CommandError(`The graph cannot be written: ${(error as Error).message}`);
  }
}
