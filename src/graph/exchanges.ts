// Channels of an exchange: which sending subtask reaches which receiving one, and how records travel between them.

import type { ChannelPlan, EdgeCodec, ExchangePlan, TaskPlan } from './execution-plan.ts';
import type { Language } from './job-graph.ts';

/** Hands out channel ids, unique in the job (P2 of execution-plan.ts). Zero is no channel: frames without one carry it. */
export class ChannelNumbers {
  #next = 1;

  take(): number {
    return this.#next++;
  }
}

/** Where an exchange leads. */
export interface Receiver {
  language: Language;
  parallelism: number;
}

/** `channels[sender]`: its targets in order of receiving subtask. */
export function connect(
  exchange: Pick<ExchangePlan, 'id' | 'partitioner'>,
  from: TaskPlan,
  to: Receiver,
  numbers: ChannelNumbers,
  alwaysThroughRuntime: boolean,
): ChannelPlan[][] {
  return targets(exchange.partitioner.kind, from.parallelism, to.parallelism).map(
    (receivers, sender) =>
      receivers.map((receiver) => ({
        id: numbers.take(),
        exchange: exchange.id,
        fromSubtask: sender,
        toSubtask: receiver,
        codec: edgeCodec(from.language, sender, to.language, receiver, alwaysThroughRuntime),
      })),
  );
}

/** To the client: one channel for each sending subtask. */
export function connectToClient(
  exchange: Pick<ExchangePlan, 'id'>,
  from: TaskPlan,
  client: Language,
  numbers: ChannelNumbers,
): ChannelPlan[][] {
  return Array.from({ length: from.parallelism }, (_, subtask) => [
    {
      id: numbers.take(),
      exchange: exchange.id,
      fromSubtask: subtask,
      toSubtask: subtask,
      codec: clientCodec(from.language, client),
    },
  ]);
}

function clientCodec(sender: Language, client: Language): EdgeCodec {
  if (sender !== client) return 'msgpack';
  // A TypeScript client is the runtime's own process; a Python client is never a worker.
  return client === 'typescript' ? 'local' : 'pickle';
}

function edgeCodec(
  from: Language,
  sender: number,
  to: Language,
  receiver: number,
  alwaysThroughRuntime: boolean,
): EdgeCodec {
  if (from !== to) return 'msgpack';
  // Values of TypeScript may be what no codec carries (instances of classes, functions); they stay in the runtime
  // anyway, and are isolated there when they are handed over.
  if (from === 'typescript') return 'local';
  return sender === receiver && !alwaysThroughRuntime ? 'local' : 'pickle';
}

/** Receivers of each sender. */
function targets(
  kind: ExchangePlan['partitioner']['kind'],
  senders: number,
  receivers: number,
): number[][] {
  const every = Array.from({ length: receivers }, (_, receiver) => receiver);
  return Array.from({ length: senders }, (_, sender) => {
    if (kind === 'forward') return [sender];
    if (kind === 'rescale') return rescaleTargets(sender, senders, receivers);
    return every;
  });
}

/** Contiguous groups, as even as they get: Flink's pointwise distribution. */
export function rescaleTargets(sender: number, senders: number, receivers: number): number[] {
  if (senders >= receivers) {
    for (let receiver = 0; receiver < receivers; receiver++) {
      const end = Math.floor(((receiver + 1) * senders) / receivers);
      if (sender < end) return [receiver];
    }
  }
  const first = Math.ceil((sender * receivers) / senders);
  const end = Math.ceil(((sender + 1) * receivers) / senders);
  return Array.from({ length: end - first }, (_, i) => first + i);
}
