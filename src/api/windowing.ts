// What a windowed stream has been told, and the operator that comes of it.

import { ConfigurationError, GraphError } from '../errors.ts';
import type { JsonValue, TypeSpec } from '../graph/job-graph.ts';
import type { WindowLike } from '../operators/windowing/assigner.ts';
import type { DataStream } from './data-stream.ts';
import type { OutputTag } from './output-tag.ts';
import { PyFunction } from './python-function.ts';
import type { Parts, TransformationInit } from './transformation.ts';
import type { TypeInformation } from './types.ts';
import { CountWindows } from '../operators/windowing/count-windows.ts';
import { assignerAsData, triggerAsData } from '../operators/windowing/as-data.ts';
import type { TriggerLike, WindowAssignerLike, WindowOperation } from './window-types.ts';

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

/** Functions of the program's, or a fold of a field, which is plain data. */
export interface WindowFunctions {
  how: WindowOperation['how'] | 'fold';
  fn?: unknown;
  windowFn?: unknown;
  op?: string;
  field?: string | number;
}

export function windowOperator<Out>(
  stream: Transformable,
  windowing: Windowing,
  { how, fn, windowFn, ...fold }: WindowFunctions,
  type: TypeInformation<Out> | undefined,
): DataStream<Out> {
  const { lateTag, allWindows } = windowing;
  const passesOn = how === 'fold' || (how === 'reduce' && windowFn === undefined);
  const outputType = type?.spec ?? (passesOn ? stream.outputType : undefined);
  const { params, parts } = windowsAsData(windowing);
  const made = stream.transform<Out>({
    kind: 'window',
    name: 'Window',
    outputType,
    fns: { function: fn, windowFunction: windowFn, ...parts },
    // Also without a function in the language of the program, which is where its key selector is.
    ...(Object.keys(parts).length === 0 && fn === undefined ? { language: 'typescript' } : {}),
    params: {
      ...params,
      ...(lateTag === undefined ? {} : { lateTag: lateTag.id }),
      how,
      ...fold,
      allWindows,
    },
  });
  return allWindows ? made.forceNonParallel() : made;
}

/** What windows are, of an operator or a join, as plain data; and what of it is functions. */
export function windowsAsData({
  assigner,
  trigger,
  allowedLatenessMs,
}: Pick<Windowing, 'assigner' | 'trigger' | 'allowedLatenessMs'>): {
  params: { [key: string]: JsonValue };
  parts: Parts;
} {
  const windows = assignerAsData(assigner);
  const firing = trigger === undefined ? undefined : triggerAsData(trigger);
  return {
    params: {
      assigner: windows.said,
      ...(firing === undefined ? {} : { trigger: firing.said }),
      allowedLateness: allowedLatenessMs,
    },
    parts: { ...windows.parts, ...firing?.parts },
  };
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

/** Whether a trigger is, or wraps, one of Python. */
function isOfPython(trigger: unknown): boolean {
  if (trigger instanceof PyFunction) return true;
  const { nested } = trigger as { nested?: unknown };
  return nested !== undefined && isOfPython(nested);
}
