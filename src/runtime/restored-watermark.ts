// An operator's event time over a restart. Twin of `restore_watermark` in python/isthmus/_worker/runtime/watermarks.py.

import { MAX_TIMESTAMP, MIN_TIMESTAMP, type OperatorContext } from './operator.ts';

/** Sets it to the earliest of those before it; it never goes below, so that a late record is late still. */
export function restoreWatermark(ctx: OperatorContext): void {
  const known = ctx.state.drawn('watermark', () => ofARecord(ctx.watermark));
  const ofAll = known.length > 0 && known.length === ctx.state.predecessors;
  if (ofAll) ctx.watermark = Math.min(...known);
}

/** Undefined before the first; the final one says that input had ended, which it has not for who goes on. */
function ofARecord(watermark: number): number | undefined {
  return MIN_TIMESTAMP < watermark && watermark < MAX_TIMESTAMP ? watermark : undefined;
}
