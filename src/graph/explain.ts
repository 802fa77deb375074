// An execution plan to look at: as Flink's plan JSON, as plain JSON, as Mermaid text.

import { CLIENT, type ExchangePlan, type ExecutionPlan, type TaskPlan } from './execution-plan.ts';
import type { JsonValue, Language, OperatorSpec } from './job-graph.ts';
import { isSink, isSource, nameOf } from './kinds.ts';
import { displayName } from './planner.ts';
import { settingsText } from './settings-text.ts';

/** What `get_execution_plan` gives in Flink: operators one by one, chains not shown. */
export interface FlinkPlan {
  nodes: FlinkPlanNode[];
}

export interface FlinkPlanNode {
  id: number;
  type: string;
  pact: 'Data Source' | 'Operator' | 'Data Sink';
  contents: string;
  parallelism: number;
  predecessors?: { id: number; ship_strategy: string; side: 'second' }[];
}

export function flinkPlan(plan: ExecutionPlan): FlinkPlan {
  const links = operatorLinks(plan);
  const nodes = plan.tasks.flatMap(({ chain, parallelism }) =>
    chain.map((spec): FlinkPlanNode => {
      const node: FlinkPlanNode = {
        id: spec.id,
        type: displayName(spec),
        pact: pactOf(spec),
        contents: displayName(spec),
        parallelism,
      };
      const predecessors = links
        .filter((link) => link.to === spec.id)
        // Flink says "second" of every input.
        .map(({ from, strategy }) => ({
          id: from,
          ship_strategy: strategy,
          side: 'second' as const,
        }));
      return predecessors.length === 0 ? node : { ...node, predecessors };
    }),
  );
  return { nodes: nodes.sort((a, b) => a.id - b.id) };
}

export interface OperatorDescription {
  id: number;
  uid: string;
  kind: string;
  name: string;
  /** Its parameters in a few words. */
  settings?: string;
  params: { [key: string]: JsonValue };
  /** Names of its functions, by part. */
  functions: { [part: string]: string };
  location?: string;
}

/** The plan as plain data: chains with their languages, and what is between them. */
export interface PlanDescription {
  name: string;
  mode: 'STREAMING' | 'BATCH';
  /** Python workers the job needs. */
  workers: number;
  tasks: {
    id: number;
    name: string;
    language: Language;
    parallelism: number;
    operators: OperatorDescription[];
  }[];
  exchanges: {
    from: number;
    /** Absent: to the program that submitted the job. */
    to?: number;
    input: 0 | 1;
    partitioner: string;
    /** Name of the key selector, where there is one. */
    key?: string;
    sideOutput?: string;
    /** How records travel, by the kinds of channels there are. */
    codecs: string[];
  }[];
}

export function describePlan(plan: ExecutionPlan): PlanDescription {
  return {
    name: plan.graph.name,
    mode: plan.mode,
    workers: plan.slots,
    tasks: plan.tasks.map(({ id, name, language, parallelism, chain }) => ({
      id,
      name,
      language,
      parallelism,
      operators: chain.map(describeOperator),
    })),
    exchanges: plan.exchanges.map((exchange) => ({
      from: exchange.fromTask,
      ...(exchange.toTask === CLIENT ? {} : { to: exchange.toTask }),
      input: exchange.input,
      partitioner: exchange.partitioner.kind,
      ...('key' in exchange.partitioner ? { key: exchange.partitioner.key.name } : {}),
      ...(exchange.sideTag === undefined ? {} : { sideOutput: exchange.sideTag }),
      codecs: codecsOf(exchange),
    })),
  };
}

function describeOperator(spec: OperatorSpec): OperatorDescription {
  const { id, uid = '', name, params, fns = {}, location } = spec;
  const settings = settingsText(spec);
  return {
    id,
    uid,
    kind: nameOf(spec),
    name,
    ...(settings === undefined ? {} : { settings }),
    params,
    functions: Object.fromEntries(Object.entries(fns).map(([part, ref]) => [part, ref.name])),
    ...(location === undefined ? {} : { location: `${location.file}:${location.line}` }),
  };
}

/** A flowchart for Mermaid: a box for each chain, in the colour of its language. */
export function toMermaid(plan: ExecutionPlan): string {
  const lines = ['flowchart LR'];
  for (const task of plan.tasks) {
    const title = `${task.language === 'python' ? 'Python' : 'TypeScript'} × ${task.parallelism}`;
    lines.push(`  subgraph task${task.id}["${title}"]`, '    direction LR');
    for (const spec of task.chain) lines.push(`    ${nodeText(spec)}`);
    for (const [index, spec] of task.chain.entries()) {
      const next = task.chain[index + 1];
      if (next !== undefined) lines.push(`    op${spec.id} --> op${next.id}`);
    }
    lines.push('  end', `  class task${task.id} ${task.language}`);
  }
  if (plan.exchanges.some(({ toTask }) => toTask === CLIENT)) {
    lines.push('  client(["program"])');
  }
  for (const exchange of plan.exchanges) {
    const { from, to } = ends(plan, exchange);
    const label = [
      exchange.partitioner.kind === 'hash' ? 'key by' : exchange.partitioner.kind,
      ...(exchange.sideTag === undefined ? [] : [`side output ${exchange.sideTag}`]),
    ].join(', ');
    const target = to === undefined ? 'client' : `op${to.id}`;
    lines.push(`  op${from.id} -- "${escaped(label)}" --> ${target}`);
  }
  lines.push(
    '  classDef python fill:#fff6d5,stroke:#b58900,color:#333',
    '  classDef typescript fill:#dcebfa,stroke:#3178c6,color:#333',
  );
  return `${lines.join('\n')}\n`;
}

function nodeText(spec: OperatorSpec): string {
  const settings = settingsText(spec);
  const lines = [displayName(spec), ...(settings === undefined ? [] : [settings])];
  const text = `"${lines.map(escaped).join('<br/>')}"`;
  if (isSource(spec)) return `op${spec.id}([${text}])`;
  if (isSink(spec)) return `op${spec.id}[[${text}]]`;
  return `op${spec.id}[${text}]`;
}

/** Characters that a terminal obeys, and that XML has no way to say. */
// oxlint-disable-next-line no-control-regex
export const CONTROL = /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g;

/** Mermaid ends a quoted label at a quote and reads markup in it. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(CONTROL, ' ');
}

function pactOf(spec: OperatorSpec): FlinkPlanNode['pact'] {
  if (isSource(spec)) return 'Data Source';
  return isSink(spec) ? 'Data Sink' : 'Operator';
}

interface OperatorLink {
  from: number;
  to: number;
  strategy: string;
}

function operatorLinks(plan: ExecutionPlan): OperatorLink[] {
  const inChains = plan.tasks.flatMap(({ chain }) =>
    chain.slice(1).map((spec, index) => ({
      from: (chain[index] as OperatorSpec).id,
      to: spec.id,
      strategy: 'FORWARD',
    })),
  );
  const between = plan.exchanges.flatMap((exchange) => {
    const { from, to } = ends(plan, exchange);
    const strategy = exchange.partitioner.kind.toUpperCase();
    return to === undefined ? [] : [{ from: from.id, to: to.id, strategy }];
  });
  return [...inChains, ...between];
}

function ends(
  plan: ExecutionPlan,
  exchange: ExchangePlan,
): { from: OperatorSpec; to: OperatorSpec | undefined } {
  const sender = plan.tasks[exchange.fromTask] as TaskPlan;
  return {
    from: sender.chain[exchange.fromOperator] as OperatorSpec,
    to: plan.tasks[exchange.toTask]?.chain[0],
  };
}

function codecsOf(exchange: ExchangePlan): string[] {
  return [...new Set(exchange.channels.flat().map(({ codec }) => codec))].sort();
}
