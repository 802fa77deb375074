// Windows of plain data (docs/operators.md). Twin of python/isthmus/_worker/operators/windowing/from_data.py; times are milliseconds.

import { GraphError } from '../../errors.ts';
import type { JsonValue } from '../../graph/job-graph.ts';
import { instanceOf, userFunction } from '../../runtime/functions.ts';
import type { OperatorContext } from '../../runtime/operator.ts';
import { requiredFunction } from '../../runtime/required-function.ts';
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from './continuous-triggers.ts';
import { CountTrigger } from './count-trigger.ts';
import { CountWindows } from './count-windows.ts';
import { fieldFold } from './field-aggregates.ts';
import { GlobalWindows } from './global-windows.ts';
import type { WindowOperation } from './operation.ts';
import {
  DynamicEventTimeSessionWindows,
  DynamicProcessingTimeSessionWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from './session-assigners.ts';
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from './time-assigners.ts';
import type { Trigger } from './trigger.ts';
import {
  EventTimeTrigger,
  NeverTrigger,
  ProcessingTimeTrigger,
  PurgingTrigger,
} from './triggers.ts';

type Said = { [field: string]: JsonValue };

/** The operation of an operator of kind `window`. */
export async function windowOperation(ctx: OperatorContext): Promise<WindowOperation> {
  const { params } = ctx.spec;
  const { allowedLateness, lateTag, how, allWindows } = params;
  const folds = how === 'fold';
  return {
    assigner: await assignerOf(ctx),
    trigger: await triggerOf(ctx),
    allowedLatenessMs: Number(allowedLateness ?? 0),
    lateTag: typeof lateTag === 'string' ? lateTag : undefined,
    how: folds ? 'reduce' : (how as WindowOperation['how']),
    function: folds ? fieldFold(params) : await requiredFunction(ctx),
    windowFunction: await ctx.load('windowFunction'),
    allWindows: allWindows === true,
  };
}

/**
 * The window assigner of an operator: one of Isthmus, or the program's own.
 *
 * @throws GraphError when there is no such window assigner
 */
export async function assignerOf(ctx: OperatorContext): Promise<object> {
  const given = ctx.spec.params.assigner as Said;
  const { size, slide, offset, gap } = given as { [field: string]: number };
  const shift = offset ?? 0;
  const event = isEventTime(given);
  switch (given.kind) {
    case 'tumbling': {
      const Tumbling = event ? TumblingEventTimeWindows : TumblingProcessingTimeWindows;
      return new Tumbling(size as number, shift);
    }
    case 'sliding': {
      const Sliding = event ? SlidingEventTimeWindows : SlidingProcessingTimeWindows;
      return new Sliding(size as number, slide as number, shift);
    }
    case 'session': {
      if (gap === undefined) {
        const extractor = await requiredFunction(ctx, 'gap');
        const { call } = userFunction<(value: unknown) => number>(
          extractor,
          ['extract'],
          'session gap',
        );
        const Dynamic = event
          ? DynamicEventTimeSessionWindows
          : DynamicProcessingTimeSessionWindows;
        return new Dynamic(call);
      }
      const Session = event ? EventTimeSessionWindows : ProcessingTimeSessionWindows;
      return new Session(gap);
    }
    case 'function':
      return instanceOf(await requiredFunction(ctx, 'assigner'), 'window assigner');
    case 'global':
      return new GlobalWindows();
    case 'count':
      return new CountWindows(size as number, slide);
    default:
      throw new GraphError(
        `There is no window assigner ${JSON.stringify(given.kind)}; known: tumbling, sliding, session, global, count, ` +
          'function.',
      );
  }
}

/**
 * The trigger of an operator: one of Isthmus, or the program's own; undefined: the assigner's.
 *
 * @throws GraphError when there is no such trigger
 */
export async function triggerOf(ctx: OperatorContext): Promise<Trigger<unknown> | undefined> {
  const { trigger } = ctx.spec.params;
  return trigger === undefined || trigger === null ? undefined : triggerSaid(trigger as Said, ctx);
}

async function triggerSaid(given: Said, ctx: OperatorContext): Promise<Trigger<unknown>> {
  switch (given.kind) {
    case 'eventTime':
      return new EventTimeTrigger();
    case 'processingTime':
      return new ProcessingTimeTrigger();
    case 'never':
      return new NeverTrigger();
    case 'count':
      return new CountTrigger(given.count as number);
    case 'continuous': {
      const Continuous = isEventTime(given)
        ? ContinuousEventTimeTrigger
        : ContinuousProcessingTimeTrigger;
      return new Continuous(given.interval as number);
    }
    case 'purging':
      return new PurgingTrigger(await triggerSaid(given.trigger as Said, ctx));
    case 'function':
      return instanceOf(await requiredFunction(ctx, 'trigger'), 'trigger') as Trigger<unknown>;
    default:
      throw new GraphError(
        `There is no trigger ${JSON.stringify(given.kind)}; known: eventTime, processingTime, never, count, continuous, ` +
          'purging, function.',
      );
  }
}

function isEventTime({ time }: Said): boolean {
  return (time ?? 'event') === 'event';
}
