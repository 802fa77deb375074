// What a windowed stream has been told, and the operator that comes of it.

import { ConfigurationError, GraphError } from '../errors.ts';
import type { JsonValue, TypeSpec } from '../graph/job-graph.ts';
import type { WindowLike } from '../operators/windowing/assigner.ts';
import type { DataStream } from './data-stream.ts';
import type { OutputTag } from './output-tag.ts';
import { PyFunction } from './python-function.ts';
import type { TransformationInit } from './transformation.ts';
import type { TypeInformation } from './types.ts';
import { CountWindows } from '../operators/windowing/count-windows.ts';
import { DynamicGap } from '../operators/windowing/session-assigners.ts';
import type {
  TriggerLike,
  WindowAssignerLike,
  WindowJson,
  WindowOperation,
} from './window-types.ts';

/** Anything that may describe itself. */
interface Described {
  describe?(): WindowJson | undefined;
}

export interface Windowing {
  assigner: WindowAssignerLike<never, WindowLike>;
  trigger?: TriggerLike;
  allowedLatenessMs: number;
  lateTag?: OutputTag<unknown>;
  allWindows: boolean;
}

/** A stream of any type. */
interface Transformable {
  readonly outputType: TypeSpec | undefined;
  transform<Out>(init: TransformationInit): DataStream<Out>;
}

export interface WindowFunctions {
  how: WindowOperation['how'];
  fn: unknown;
  windowFn?: unknown;
}

export function windowOperator<Out>(
  stream: Transformable,
  windowing: Windowing,
  { how, fn, windowFn }: WindowFunctions,
  type: TypeInformation<Out> | undefined,
): DataStream<Out> {
  const { assigner, trigger, allowedLatenessMs, lateTag, allWindows } = windowing;
  const passesOn = how === 'reduce' && windowFn === undefined;
  const outputType = type?.spec ?? (passesOn ? stream.outputType : undefined);
  const common = { kind: 'window' as const, name: 'Window', outputType };
  const made = isPythonWindow(windowing, fn)
    ? stream.transform<Out>({
        ...common,
        fn,
        params: { window: pythonWindow(windowing, how, windowFn) },
      })
    : stream.transform<Out>({
        ...common,
        fn: {
          assigner,
          trigger,
          allowedLatenessMs,
          lateTag: lateTag?.id,
          how,
          function: fn,
          windowFunction: tsWindowFunction(windowFn),
          allWindows,
        } satisfies WindowOperation,
      });
  return allWindows ? made.forceNonParallel() : made;
}

/** @throws GraphError when windows of the assigner merge and the trigger cannot follow */
export function checkTrigger(
  assigner: WindowAssignerLike<never, WindowLike>,
  trigger: TriggerLike,
): void {
  // Of those in Python the worker looks.
  if (assigner instanceof PyFunction || trigger instanceof PyFunction) return;
  if (assigner.mergeWindows === undefined || isOfPython(trigger)) return;
  if (trigger.canMerge?.() === true) return;
  throw new GraphError(
    'A merging window assigner cannot be used with a trigger that does not support merging. Use a trigger whose ' +
      'canMerge() is true.',
  );
}

export function checkLateness(ms: number, assigner?: WindowAssignerLike<never, WindowLike>): void {
  if (assigner instanceof CountWindows && ms > 0) {
    throw new ConfigurationError(
      'Count windows know no lateness: they end when they are full, whatever the time. Leave allowedLateness() out, or ' +
        'use windows of event time.',
    );
  }
  if (!(ms >= 0)) {
    throw new ConfigurationError(`The allowed lateness is ${ms} ms; it cannot be negative.`);
  }
}

/**
 * Whether the functions of a window are Python, with those that assigner and trigger are made of.
 *
 * @throws GraphError when some are Python and some are not
 */
export function isPythonWindow(
  { assigner, trigger }: Pick<Windowing, 'assigner' | 'trigger'>,
  fn: unknown,
): boolean {
  const isPython = fn instanceof PyFunction;
  if (!isPython && (isOfPython(assigner) || isOfPython(trigger))) {
    throw new GraphError(
      'The functions of a window must be of one language; this one has a Python assigner or trigger, so write all of ' +
        'them in Python.',
    );
  }
  return isPython;
}

/** Whether an assigner or trigger is, or is made of, a function of Python. */
function isOfPython(given: Described | undefined): boolean {
  if (given === undefined || given instanceof PyFunction) return given !== undefined;
  const { nested } = given as { nested?: Described };
  if (nested !== undefined) return isOfPython(nested);
  return given instanceof DynamicGap && given.describe() !== undefined;
}

/** An assigner or trigger as JSON, for a Python function. */
export function describedForPython(what: string, described: Described): WindowJson {
  const json = described.describe?.();
  if (json === undefined) {
    throw new GraphError(
      `The ${what} is one of this program's own, in TypeScript, and so must be the function of its window.`,
    );
  }
  return json;
}

function pythonWindow(
  { assigner, trigger, allowedLatenessMs, lateTag, allWindows }: Windowing,
  how: WindowOperation['how'],
  windowFn: unknown,
): { [key: string]: JsonValue } {
  if (windowFn !== undefined && !(windowFn instanceof PyFunction)) {
    throw new GraphError(
      'The functions of a window must be of one language; write both in Python or both in TypeScript.',
    );
  }
  return {
    assigner: describedForPython('window assigner', assigner),
    ...(trigger === undefined ? {} : { trigger: describedForPython('trigger', trigger) }),
    allowedLateness: allowedLatenessMs,
    ...(lateTag === undefined ? {} : { lateTag: lateTag.id }),
    how,
    ...(windowFn === undefined ? {} : { windowFunction: windowFn.ref as unknown as JsonValue }),
    allWindows,
  };
}

function tsWindowFunction(windowFn: unknown): unknown {
  if (windowFn instanceof PyFunction) {
    throw new GraphError(
      'The functions of a window must be of one language; write both in Python or both in TypeScript.',
    );
  }
  return windowFn;
}
