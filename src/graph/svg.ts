// A picture of an execution plan: chains as boxes coloured by language, operators as their lines, partitioning on the edges.
// Layered from left to right by dagre; readable on light and on dark.

import { Graph, layout } from '@dagrejs/dagre';
import { CONTROL, type PlanDescription } from './explain.ts';

const LINE = 20;
const PADDING = 12;
const CHARACTER = 7.4;
const LABEL_CHARACTER = 6;
const COLOURS: Record<string, { fill: string; line: string }> = {
  python: { fill: '#fff4cc', line: '#c69214' },
  typescript: { fill: '#dbeafe', line: '#2f6feb' },
  program: { fill: '#eeeeee', line: '#777777' },
};
const TITLES: Record<string, string> = { python: 'Python', typescript: 'TypeScript' };

interface Box {
  label: string[];
  language: string;
  width: number;
  height: number;
  x: number;
  y: number;
}

interface Line {
  label: string;
  points: { x: number; y: number }[];
  x: number;
  y: number;
}

/** SVG text of a plan. */
export function toSvg(plan: PlanDescription): string {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 28, ranksep: 70, marginx: 16, marginy: 40 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const task of plan.tasks) {
    const times = task.parallelism > 1 ? ` × ${task.parallelism}` : '';
    const head = `${TITLES[task.language] ?? task.language}${times}`;
    addBox(graph, `t${task.id}`, task.language, [
      head,
      ...task.operators.flatMap(({ name, settings }) =>
        settings === undefined ? [name] : [name, settings],
      ),
    ]);
  }
  if (plan.exchanges.some(({ to }) => to === undefined)) {
    addBox(graph, 'program', 'program', ['the program']);
  }
  plan.exchanges.forEach(({ from, to, partitioner, sideOutput, codecs }, index) => {
    const side = sideOutput === undefined ? '' : ` (${sideOutput})`;
    const label = `${partitioner}${side}${codecs.length === 0 ? '' : ` · ${codecs.join(', ')}`}`;
    const size = { label, width: label.length * CHARACTER * 0.85, height: LINE, labelpos: 'c' };
    graph.setEdge(`t${from}`, to === undefined ? 'program' : `t${to}`, size, String(index));
  });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const lines = (graph.edges() as { v: string; w: string; name: string }[]).map((edge) =>
    line(graph.edge(edge) as unknown as Line),
  );
  const boxes = (graph.nodes() as string[]).map((name) => box(graph.node(name) as unknown as Box));
  const title = `${escape(plan.name)} · ${plan.mode.toLowerCase()}, ${plan.workers} Python ${plan.workers === 1 ? 'worker' : 'workers'}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="13">
  <title>${title}</title>
  <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#888"/></marker></defs>
  <text x="16" y="24" font-weight="600" fill="#888">${title}</text>
${[...lines, ...boxes].join('\n')}
</svg>
`;
}

function addBox(graph: Graph, id: string, language: string, label: string[]): void {
  const longest = Math.max(...label.map((text) => text.length));
  graph.setNode(id, {
    label,
    language,
    width: Math.max(90, longest * CHARACTER + 2 * PADDING),
    height: label.length * LINE + PADDING,
  });
}

function box({ label, language, width, height, x, y }: Box): string {
  const { fill, line: stroke } = COLOURS[language] ?? { fill: '#eeeeee', line: '#777777' };
  const left = x - width / 2;
  const top = y - height / 2;
  const texts = label.map((text, index) => {
    const weight = index === 0 && label.length > 1 ? ' font-weight="600"' : '';
    return `<text x="${round(left + PADDING)}" y="${round(top + LINE * (index + 1) - 2)}" fill="#222"${weight}>${escape(text)}</text>`;
  });
  return `  <g><rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="6" fill="${fill}" stroke="${stroke}"/>${texts.join('')}</g>`;
}

/** Where a line is highest above or below a label, so that the label lies clear of a line that rises. */
function highest(points: Line['points'], middle: number, half: number, y: number): number {
  let top = y;
  for (const [i, to] of points.entries()) {
    const from = points[i - 1] ?? to;
    for (const x of [middle - half, middle + half, to.x]) {
      if (x < from.x || x > to.x || Math.abs(x - middle) > half) continue;
      const share = to.x === from.x ? 1 : (x - from.x) / (to.x - from.x);
      top = Math.min(top, from.y + share * (to.y - from.y));
    }
  }
  return top;
}

function line({ label, points, x, y }: Line): string {
  const path = points.map(
    (point, i) => `${i === 0 ? 'M' : 'L'}${round(point.x)} ${round(point.y)}`,
  );
  return (
    `  <g><path d="${path.join('')}" fill="none" stroke="#888" marker-end="url(#arrow)"/>` +
    `<text x="${round(x)}" y="${round(highest(points, x, (label.length * LABEL_CHARACTER) / 2, y) - 4)}" text-anchor="middle" font-size="11" fill="#888">${escape(label)}</text></g>`
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text
    .toWellFormed()
    .replace(CONTROL, ' ')
    .replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);
}
