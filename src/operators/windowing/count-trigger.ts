import { ConfigurationError } from '../../errors.ts';
import type { JsonValue } from '../../graph/job-graph.ts';
import type { WindowLike } from './assigner.ts';
import {
  type OnMergeContext,
  type Trigger,
  type TriggerContext,
  TriggerResult,
} from './trigger.ts';

const COUNT = 'count';
const sum = (a: number, b: number) => a + b;

/** Fires whenever `count` more records have come; the window keeps them. */
export class CountTrigger implements Trigger<unknown> {
  readonly count: number;

  constructor(count: number) {
    if (!(Number.isInteger(count) && count > 0)) {
      throw new ConfigurationError(
        `A CountTrigger is of ${count} records; it must be a whole number of at least 1.`,
      );
    }
    this.count = count;
  }

  static of(count: number): CountTrigger {
    return new CountTrigger(count);
  }

  onElement(_value: unknown, _timestamp: number, _window: WindowLike, ctx: TriggerContext) {
    const count = (ctx.getNumber(COUNT) ?? 0) + 1;
    const isFull = count >= this.count;
    ctx.setNumber(COUNT, isFull ? undefined : count);
    return isFull ? TriggerResult.FIRE : TriggerResult.CONTINUE;
  }

  canMerge(): boolean {
    return true;
  }

  onMerge(_window: WindowLike, ctx: OnMergeContext): void {
    ctx.mergeNumber(COUNT, sum);
  }

  clear(_window: WindowLike, ctx: TriggerContext): void {
    ctx.setNumber(COUNT, undefined);
  }

  describe(): { [key: string]: JsonValue } {
    return { kind: 'count', count: this.count };
  }
}
