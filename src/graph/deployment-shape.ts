// The shape of what a Python slot is told (deployment.ts). Twin of python/isthmus/_worker/runtime/deployment.py;
// test/vectors/deployments.json holds both to the same.

import type {
  InputChannelDeployment,
  OutputDeployment,
  SlotDeployment,
  SubtaskDeployment,
} from './deployment.ts';
import {
  operatorShape,
  pythonEnvironmentShape,
  settledPartitionerShape,
  typeShape,
} from './job-graph-shape.ts';
import {
  anything,
  listOf,
  mapOf,
  oneOf,
  optional,
  recordOf,
  type Shape,
  text,
  truth,
  tupleOf,
  wholeNumber,
} from './shape.ts';

const codec = oneOf('local', 'pickle', 'msgpack');

const input = recordOf<InputChannelDeployment>({
  channel: wholeNumber,
  input: oneOf(0, 1),
  codec,
  keyed: truth,
  keyType: optional(typeShape),
  type: optional(typeShape),
  local: truth,
});

const output = recordOf<OutputDeployment>({
  fromOperator: wholeNumber,
  sideTag: optional(text),
  partitioner: settledPartitionerShape,
  type: optional(typeShape),
  channels: listOf(
    recordOf<OutputDeployment['channels'][number]>({
      channel: wholeNumber,
      receiver: wholeNumber,
      codec,
      local: truth,
    }),
  ),
  receivers: wholeNumber,
  maxParallelism: wholeNumber,
});

const subtask = recordOf<SubtaskDeployment>({
  task: wholeNumber,
  name: text,
  subtask: wholeNumber,
  parallelism: wholeNumber,
  maxParallelism: wholeNumber,
  chain: listOf(operatorShape),
  keyedInputs: tupleOf(truth, truth),
  inputs: listOf(input),
  outputs: listOf(output),
});

export const slotDeploymentShape: Shape = recordOf<SlotDeployment>({
  job: text,
  jobName: text,
  slot: wholeNumber,
  mode: oneOf('STREAMING', 'BATCH'),
  attempt: wholeNumber,
  settings: mapOf(anything),
  checkpoints: optional(truth),
  python: pythonEnvironmentShape,
  tasks: listOf(subtask),
  stateFolder: optional(text),
  restore: optional(mapOf(listOf(mapOf(anything)))),
});
