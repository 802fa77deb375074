import type { ChainLink } from './chain.ts';
import type { MaybePromise } from './operator.ts';

/** How long user code may take to settle after a cancel or a failure before it is left to itself. */
const GRACE_MS = 200;

/** Closes each operator of a chain once, whichever way the subtask ends. */
export class Closing {
  readonly #closed = new Set<ChainLink>();

  close(link: ChainLink): MaybePromise<void> {
    if (this.#closed.has(link)) return undefined;
    this.#closed.add(link);
    return (link.operator ?? link.source)?.close?.();
  }

  /** After a cancel or a failure: waits a while for what still runs, then closes all; tells `warn` what went wrong. */
  async closeAll(
    links: readonly ChainLink[],
    pending: Promise<unknown> | undefined,
    warn: (link: ChainLink, thrown: unknown) => void,
  ): Promise<void> {
    if (pending !== undefined) await settledWithin(pending.catch(ignore), GRACE_MS);
    for (const link of links) {
      try {
        await settledWithin((async () => this.close(link))(), GRACE_MS);
      } catch (thrown) {
        warn(link, thrown);
      }
    }
  }
}

async function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  // When the time is up first, a later rejection is nobody's.
  promise.catch(ignore);
  try {
    await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function ignore(): void {}
