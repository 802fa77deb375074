import type { Chain } from './chain.ts';
import { type ChainLink, guarded } from './chain-links.ts';
import { InternalError } from '../errors.ts';
import { restoreWatermark } from './restored-watermark.ts';
import type { SourceHead } from './source-head.ts';
import type { SendSplits } from './split-driver.ts';

/** Opens a chain from its last operator to its first, so that one that emits while it opens finds the next one open. */
export async function openChain(
  chain: Chain,
  source: SourceHead | undefined,
  send: SendSplits,
): Promise<void> {
  for (let i = chain.links.length - 1; i >= 0; i--) {
    const link = chain.links[i] as ChainLink;
    const { context, operator } = link;
    if (context === undefined)
      throw new InternalError(`Operator "${link.spec.name}" has no context.`);
    restoreWatermark(context);
    await guarded(link, () =>
      operator === undefined
        ? source?.open(context, send)
        : operator.open?.(context, chain.emits[i] as never),
    );
  }
}
