// Where operators run that exist in both languages, and where key selectors do.
//
//   - After `resolveLanguages` no operator is `any`.
//   - After `placeKeySelectors` every key selector and custom partitioner is in the language of the operator that sends
//     (the sender computes the keys: P4 of execution-plan.ts). Where it was not, an identity (kind `map` without a function) stands between.

import { EdgeIndex } from './edge-index.ts';
import type { EdgeSpec, JobGraph, Language, OperatorSpec } from './job-graph.ts';

/** An operator whose language is settled. */
export type PlacedOperator = OperatorSpec & { language: Language };

/**
 * Settles `any`: a source runs where its first consumer (or the key selector on the way to it) does, everything else where
 * its first producer does. What has no such neighbour runs in the language of the client.
 *
 * @param graph a valid graph, operators listed upstream first
 */
export function resolveLanguages(graph: JobGraph): PlacedOperator[] {
  const specs = new Map(graph.operators.map((spec) => [spec.id, spec]));
  const edges = new EdgeIndex(graph.edges);
  const settled = new Map<number, Language>();
  const consumers = new Map<number, Language | undefined>();
  for (const spec of graph.operators) {
    if (spec.language !== 'any') settled.set(spec.id, spec.language);
  }
  for (const spec of graph.operators) {
    if (settled.has(spec.id)) continue;
    const [producer] = edges.into(spec.id);
    const language =
      producer === undefined
        ? consumerLanguage(spec.id, edges, specs, consumers)
        : settled.get(producer.from);
    settled.set(spec.id, language ?? graph.client);
  }
  return graph.operators.map((spec) => ({
    ...spec,
    language: settled.get(spec.id) as Language,
  }));
}

/** `known` holds what was found out before: many sources may lead into one stream. */
function consumerLanguage(
  id: number,
  edges: EdgeIndex,
  specs: ReadonlyMap<number, OperatorSpec>,
  known: Map<number, Language | undefined>,
): Language | undefined {
  if (known.has(id)) return known.get(id);
  let found: Language | undefined;
  for (const { to, partitioner } of edges.outOf(id)) {
    if (partitioner.kind === 'hash' || partitioner.kind === 'custom') {
      found = partitioner.key.language;
    } else {
      const { language } = specs.get(to) as OperatorSpec;
      found = language === 'any' ? consumerLanguage(to, edges, specs, known) : language;
    }
    if (found !== undefined) break;
  }
  known.set(id, found);
  return found;
}

/** Puts an identity in front of each exchange whose key selector is not in the sender's language. */
export function placeKeySelectors(
  operators: readonly PlacedOperator[],
  edges: readonly EdgeSpec[],
): { operators: PlacedOperator[]; edges: EdgeSpec[] } {
  const byId = new Map(operators.map((spec) => [spec.id, spec]));
  const after = new Map<number, PlacedOperator[]>();
  const placed: EdgeSpec[] = [];
  let nextId = Math.max(...operators.map((spec) => spec.id)) + 1;
  for (const edge of edges) {
    const from = byId.get(edge.from) as PlacedOperator;
    const { partitioner } = edge;
    const keyed = partitioner.kind === 'hash' || partitioner.kind === 'custom';
    if (!keyed || partitioner.key.language === from.language) {
      placed.push(edge);
      continue;
    }
    const identity = identityAfter(from, edge.sideTag, nextId++, partitioner.key.language);
    const toIdentity: EdgeSpec = {
      from: from.id,
      to: identity.id,
      input: 0,
      partitioner: { kind: 'forward' },
    };
    if (edge.sideTag !== undefined) toIdentity.sideTag = edge.sideTag;
    placed.push(toIdentity, { from: identity.id, to: edge.to, input: edge.input, partitioner });
    const identities = after.get(from.id);
    if (identities === undefined) after.set(from.id, [identity]);
    else identities.push(identity);
  }
  // Upstream first stays true: an identity follows what it reads from.
  const listed = operators.flatMap((spec) => [spec, ...(after.get(spec.id) ?? [])]);
  return { operators: listed, edges: placed };
}

function identityAfter(
  from: PlacedOperator,
  sideTag: string | undefined,
  id: number,
  language: Language,
): PlacedOperator {
  const identity: PlacedOperator = {
    id,
    kind: 'map',
    name: 'Key Selector',
    language,
    chaining: 'always',
    params: {},
  };
  const type = sideTag === undefined ? from.outputType : from.sideTypes?.[sideTag];
  if (type !== undefined) identity.outputType = type;
  if (from.parallelism !== undefined) identity.parallelism = from.parallelism;
  if (from.maxParallelism !== undefined) identity.maxParallelism = from.maxParallelism;
  if (from.nonParallel === true) identity.nonParallel = true;
  if (from.location !== undefined) identity.location = from.location;
  return identity;
}
