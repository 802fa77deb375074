import type { RuntimeContext } from '../../operators/runtime-context.ts';
import type { Sink, SinkWriter } from '../../operators/sink.ts';
import { type UserFunction, userFunction } from '../../runtime/functions.ts';
import type { OperatorContext } from '../../runtime/operator.ts';
import { requiredFunction } from '../../runtime/required-function.ts';

/**
 * A function called with each record, or an object {open, write or invoke, flush, close}. A promise holds the stream back until
 * it settles; `flush` is called at the end of input and at every barrier. A sink may keep what it is given: the functions
 * before it change other objects.
 */
export async function functionSink(ctx: OperatorContext): Promise<Sink> {
  const loaded = await requiredFunction(ctx);
  const fn = userFunction<(value: unknown) => unknown>(loaded, ['write', 'invoke'], ctx.spec.name);
  return { writer: ({ runtime }) => opened(fn, runtime) };
}

async function opened(fn: UserFunction, runtime: RuntimeContext): Promise<SinkWriter> {
  try {
    await fn.open(runtime);
  } catch (thrown) {
    await fn.close(); // What it had opened by then.
    throw thrown;
  }
  const { instance } = fn;
  return {
    write: fn.call as SinkWriter['write'],
    flush: async () => {
      if (typeof instance?.flush === 'function') await instance.flush();
    },
    close: () => fn.close(),
  };
}
