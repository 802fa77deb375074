// Window join and co-group: both inputs share windows, which are evaluated with the records of both.
// Twin of python/isthmus/_worker/operators/window_join.py.
//
// Records are tagged with their side and kept by a window engine as they come; the function sees them apart.

import type { OperatorSpec } from '../graph/job-graph.ts';
import { type UserFunction, userFunction } from '../runtime/functions.ts';
import type { Emit, MaybePromise, Operator, OperatorContext } from '../runtime/operator.ts';
import { RecordFailure } from '../runtime/failure.ts';
import { recordIsolator } from '../runtime/isolate.ts';
import { isPromise } from '../runtime/output.ts';
import { Pace } from './pace.ts';
import { requiredFunction } from '../runtime/required-function.ts';
import { WindowOperator } from './window.ts';
import { assignerOf, triggerOf } from './windowing/from-data.ts';
import type { WindowOperation } from './windowing/operation.ts';
import { type Steps, run } from './windowing/waiting.ts';

export type JoinHow = 'join' | 'co_group';

/** `window_join`: the records of two streams that are of one key and in one window. */
export function windowJoinOperator(_spec: OperatorSpec): Operator {
  return new WindowJoinOperator();
}

/** Plain data, so that snapshots hold it as it is. */
type Tagged = [side: 0 | 1, value: unknown];
type Join = (left: unknown, right: unknown) => unknown;

class WindowJoinOperator extends WindowOperator {
  protected override async operation(ctx: OperatorContext, emit: Emit): Promise<WindowOperation> {
    const { spec } = ctx;
    const methods = spec.params.how === 'join' ? ['join'] : ['coGroup', 'co_group'];
    const user = userFunction<Join>(await requiredFunction(ctx), methods, spec.name);
    return {
      assigner: await assignerOf(ctx),
      trigger: await triggerOf(ctx),
      allowedLatenessMs: Number(spec.params.allowedLateness ?? 0),
      lateTag: undefined,
      how: 'apply',
      function: spec.params.how === 'join' ? joined(user, ctx, emit) : coGrouped(user),
      windowFunction: undefined,
      allWindows: false,
      element: (value) => (value as Tagged)[1],
    };
  }

  override process(value: unknown): MaybePromise<void> {
    return super.process([0, value] satisfies Tagged);
  }

  processSecond(value: unknown): MaybePromise<void> {
    return super.process([1, value] satisfies Tagged);
  }
}

/** Calls the function for every pair, and emits what it gives: there may be too many to keep. */
function joined(user: UserFunction<Join>, ctx: OperatorContext, emit: Emit) {
  return {
    ...openAndClose(user),
    apply(_key: unknown, _window: unknown, records: Tagged[]): MaybePromise<void> {
      const [lefts, rights] = apart(records);
      return run(pairs(lefts, rights, user.call, ctx, emit), ctx);
    },
  };
}

function* pairs(
  lefts: unknown[],
  rights: unknown[],
  call: Join,
  ctx: OperatorContext,
  emit: Emit,
): Steps {
  const pace = new Pace(ctx);
  // One record may be in many pairs, and functions may change what they are given.
  const isolate = recordIsolator(ctx.settings);
  for (const left of lefts) {
    for (const right of rights) {
      let result: unknown;
      try {
        result = call(
          rights.length === 1 ? left : isolate(left),
          lefts.length === 1 ? right : isolate(right),
        );
        if (isPromise(result)) result = yield result;
      } catch (thrown) {
        throw new RecordFailure(thrown, [left, right]);
      }
      const wait = pace.after(emit(result));
      if (wait !== undefined) yield wait;
    }
  }
}

/** Calls the function once with the records of both sides. */
function coGrouped(user: UserFunction<Join>) {
  return {
    ...openAndClose(user),
    apply: (_key: unknown, _window: unknown, records: Tagged[]) => user.call(...apart(records)),
  };
}

function apart(records: Tagged[]): [lefts: unknown[], rights: unknown[]] {
  const sides: [unknown[], unknown[]] = [[], []];
  for (const [side, value] of records) sides[side].push(value);
  return sides;
}

function openAndClose(user: UserFunction<Join>) {
  return {
    open: (context: unknown) => user.open(context),
    close: () => user.close(),
  };
}
