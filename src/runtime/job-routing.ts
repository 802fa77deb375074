// Where the elements and the credits of each channel go.

import {
  CLIENT,
  type ExchangePlan,
  type ExecutionPlan,
  type TaskPlan,
} from '../graph/execution-plan.ts';

export type Endpoint =
  /** A Python slot. */
  | { kind: 'slot'; slot: number }
  /** A TypeScript subtask. */
  | { kind: 'subtask'; task: number; subtask: number }
  /** Whoever reads the results of a collecting sink. */
  | { kind: 'client'; operator: number; subtask: number; exchange: ExchangePlan };

export interface ChannelRoute {
  sender: Endpoint;
  receiver: Endpoint;
}

/** Routes by channel id; channels that stay inside a Python slot have none. */
export function routeChannels(plan: ExecutionPlan): (ChannelRoute | undefined)[] {
  const routes: (ChannelRoute | undefined)[] = [];
  const at = (task: TaskPlan, subtask: number): Endpoint =>
    task.language === 'python'
      ? { kind: 'slot', slot: subtask }
      : { kind: 'subtask', task: task.id, subtask };
  for (const exchange of plan.exchanges) {
    const from = plan.tasks[exchange.fromTask] as TaskPlan;
    for (const channel of exchange.channels.flat()) {
      if (channel.codec === 'local' && from.language === 'python') continue;
      routes[channel.id] = {
        sender: at(from, channel.fromSubtask),
        receiver:
          exchange.toTask === CLIENT
            ? {
                kind: 'client',
                operator: from.chain[exchange.fromOperator]?.id as number,
                subtask: channel.fromSubtask,
                exchange,
              }
            : at(plan.tasks[exchange.toTask] as TaskPlan, channel.toSubtask),
      };
    }
  }
  return routes;
}
