// A barrier, taken through the operators of a chain.

import { type ChainLink, controlToAll, guarded } from './chain.ts';
import type { BarrierElement } from './element.ts';

/** What operators had gathered leaves, from head to tail: each has what those before it have emitted. */
export async function beforeBarrier(
  links: readonly ChainLink[],
  checkpoint: number,
): Promise<void> {
  for (const link of links) await guarded(link, () => link.operator?.beforeBarrier?.(checkpoint));
}

export function passBarrier(links: readonly ChainLink[], barrier: BarrierElement): void {
  for (const link of links) controlToAll(link, barrier);
}
