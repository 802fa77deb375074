// Which kind of operator is made by what. Sources and sinks are made in src/connectors/index.ts.

import { UnsupportedError } from '../errors.ts';
import type { OperatorKind, OperatorSpec } from '../graph/job-graph.ts';
import { nameOf } from '../graph/kinds.ts';
import type { OperatorFactory } from '../runtime/operator.ts';
import { aggregateOperator } from './aggregate.ts';
import { asOfJoinOperator } from './asof-join.ts';
import { asyncOperator } from './async-wait.ts';
import { broadcastProcessOperator } from './broadcast-process.ts';
import { coFlatMapOperator } from './co-flat-map.ts';
import { coMapOperator } from './co-map.ts';
import { coProcessOperator } from './co-process.ts';
import { processOperator } from './process.ts';
import { reduceOperator } from './reduce.ts';
import { timestampsOperator } from './timestamps.ts';
import { filterOperator } from './filter.ts';
import { flatMapOperator } from './flat-map.ts';
import { flatMapBatchOperator, mapBatchOperator } from './map-batch.ts';
import { intervalJoinOperator } from './interval-join.ts';
import { lookupJoinOperator } from './lookup-join.ts';
import { mapOperator } from './map.ts';
import { projectOperator } from './project.ts';
import { windowJoinOperator } from './window-join.ts';
import { windowOperator } from './window.ts';

const FACTORIES: { [kind in OperatorKind]?: OperatorFactory } = {
  map: mapOperator,
  filter: filterOperator,
  flat_map: flatMapOperator,
  map_batch: mapBatchOperator,
  flat_map_batch: flatMapBatchOperator,
  reduce: reduceOperator,
  aggregate: aggregateOperator,
  process: processOperator,
  co_map: coMapOperator,
  co_flat_map: coFlatMapOperator,
  co_process: coProcessOperator,
  broadcast_process: broadcastProcessOperator,
  timestamps: timestampsOperator,
  project: projectOperator,
  window: windowOperator,
  async: asyncOperator,
  interval_join: intervalJoinOperator,
  window_join: windowJoinOperator,
  lookup_join: lookupJoinOperator,
  asof_join: asOfJoinOperator,
};

export function operatorFactory(spec: OperatorSpec): OperatorFactory {
  const factory = FACTORIES[spec.kind];
  if (factory === undefined) {
    throw new UnsupportedError(
      `Operator "${spec.name}" is of kind ${nameOf(spec)}, which has no TypeScript form; give it a Python function.`,
    );
  }
  return factory;
}
