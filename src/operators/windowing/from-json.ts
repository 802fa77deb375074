// A window operation said in JSON (`params.window`), for TypeScript functions used from Python. Twin of
// python/isthmus/_worker/operators/windowing/from_json.py; times are milliseconds.

import { GraphError } from '../../errors.ts';
import type { FunctionRef, JsonValue } from '../../graph/job-graph.ts';
import { instanceOf, userFunction } from '../../runtime/functions.ts';
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from './continuous-triggers.ts';
import { CountTrigger } from './count-trigger.ts';
import { CountWindows } from './count-windows.ts';
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

/** Gives the function of a reference. */
export type Load = (ref: FunctionRef) => Promise<unknown>;

/** The operation that `given` describes; `load` loads the functions it refers to. */
export async function windowOperation(
  given: Said,
  loaded: unknown,
  load: Load,
): Promise<WindowOperation> {
  const { windowFunction } = given;
  return {
    assigner: await assignerOf(given.assigner as Said, load),
    trigger: isSaid(given.trigger) ? await triggerOf(given.trigger, load) : undefined,
    allowedLatenessMs: Number(given.allowedLateness ?? 0),
    lateTag: typeof given.lateTag === 'string' ? given.lateTag : undefined,
    how: given.how as WindowOperation['how'],
    function: loaded,
    windowFunction: isSaid(windowFunction) ? await load(refOf(windowFunction)) : undefined,
    allWindows: given.allWindows === true,
  };
}

/** @throws GraphError when there is no such window assigner */
export async function assignerOf(given: Said, load: Load): Promise<object> {
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
      if (isSaid(given.gapFunction)) {
        const { call } = userFunction<(value: unknown) => number>(
          await load(refOf(given.gapFunction)),
          ['extract'],
          'session gap',
        );
        const Dynamic = event
          ? DynamicEventTimeSessionWindows
          : DynamicProcessingTimeSessionWindows;
        return new Dynamic(call);
      }
      const Session = event ? EventTimeSessionWindows : ProcessingTimeSessionWindows;
      return new Session(gap as number);
    }
    case 'function':
      return instanceOf(await load(refOf(given.function)), 'window assigner');
    case 'global':
      return new GlobalWindows();
    case 'count':
      return new CountWindows(size as number, slide);
    default:
      throw new GraphError(
        `There is no window assigner ${JSON.stringify(given.kind)}; known: tumbling, sliding, session, global, count. ` +
          'Windows with a Python assigner need a Python window function.',
      );
  }
}

/** @throws GraphError when there is no such trigger */
export async function triggerOf(given: Said, load: Load): Promise<Trigger<unknown>> {
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
      return new PurgingTrigger(await triggerOf(given.trigger as Said, load));
    case 'function':
      return instanceOf(await load(refOf(given.function)), 'trigger') as Trigger<unknown>;
    default:
      throw new GraphError(
        `There is no trigger ${JSON.stringify(given.kind)}; known: eventTime, processingTime, never, count, continuous, ` +
          'purging. Windows with a Python trigger need a Python window function.',
      );
  }
}

function isEventTime({ time }: Said): boolean {
  return (time ?? 'event') === 'event';
}

function refOf(given: JsonValue | undefined): FunctionRef {
  return given as unknown as FunctionRef;
}

function isSaid(given: JsonValue | undefined): given is Said {
  return typeof given === 'object' && given !== null;
}
