// A barrier, taken through the operators of a chain.

import { type ChainLink, controlToAll, guarded } from './chain.ts';
import type { BarrierElement } from './element.ts';

/** What operators had gathered leaves, from head to tail: each has what those before it have emitted. */
export async function beforeBarrier(
  links: readonly ChainLink[],
  { checkpoint, of }: BarrierElement,
): Promise<void> {
  for (const link of links) {
    await guarded(link, () => link.operator?.beforeBarrier?.(checkpoint, of));
  }
}

/** Sinks commit what a checkpoint covers; gives when (ms) some are to be told again, whose commits have failed. */
export async function commitChain(
  links: readonly ChainLink[],
  checkpoint: number,
): Promise<number | undefined> {
  let again: number | undefined;
  for (const link of links) {
    await guarded(link, async () => {
      const at = await link.operator?.notifyCheckpointComplete?.(checkpoint);
      if (at !== undefined) again = Math.min(at, again ?? at);
    });
  }
  return again;
}

export function passBarrier(links: readonly ChainLink[], barrier: BarrierElement): void {
  for (const link of links) controlToAll(link, barrier);
}
