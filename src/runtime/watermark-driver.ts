// Event time and the end of input, taken through the operators of a chain.

import { MAX_TIMESTAMP, type MaybePromise } from './operator.ts';
import { type ChainLink, type ChainTimer, controlToAll, guarded } from './chain.ts';

/** Tells operators `from`… of `watermark`, and the exchanges behind each operator it has passed. */
export function advanceWatermark(
  links: readonly ChainLink[],
  timer: ChainTimer,
  from: number,
  watermark: number,
): MaybePromise<void> {
  for (let i = from; i < links.length; i++) {
    const link = links[i] as ChainLink;
    const fired = fireWatermark(link, timer, watermark);
    if (fired !== undefined) {
      return fired.then(() => passOn(links, timer, i, watermark));
    }
    if (holds(link, watermark)) return undefined;
    controlToAll(link, { kind: 'watermark', timestamp: watermark });
  }
  return undefined;
}

function passOn(
  links: readonly ChainLink[],
  timer: ChainTimer,
  i: number,
  watermark: number,
): MaybePromise<void> {
  const link = links[i] as ChainLink;
  if (holds(link, watermark)) return undefined;
  controlToAll(link, { kind: 'watermark', timestamp: watermark });
  return advanceWatermark(links, timer, i + 1, watermark);
}

/** The end of input: each operator sees the final watermark and finishes before the next one does. */
export async function finishChain(links: readonly ChainLink[], timer: ChainTimer): Promise<void> {
  for (const link of links) {
    await fireWatermark(link, timer, MAX_TIMESTAMP);
    await timer.fire(link, () => guarded(link, () => link.operator?.finish?.()));
    controlToAll(link, { kind: 'watermark', timestamp: MAX_TIMESTAMP });
  }
}

function fireWatermark(link: ChainLink, timer: ChainTimer, watermark: number): MaybePromise<void> {
  if (link.context !== undefined) {
    if (watermark <= link.context.watermark) return undefined;
    link.context.watermark = watermark;
  }
  const { operator } = link;
  if (operator?.onWatermark === undefined) return undefined;
  return timer.fire(link, () => guarded(link, () => operator.onWatermark?.(watermark), true));
}

function holds(link: ChainLink, watermark: number): boolean {
  return link.operator?.holdsWatermarks === true && watermark < MAX_TIMESTAMP;
}
