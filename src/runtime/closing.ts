import type { ChainLink } from './chain.ts';
import type { MaybePromise } from './operator.ts';
import { isPromise } from './output.ts';

/** How long user code may take to settle after a cancel or a failure before it is left to itself. */
const GRACE_MS = 200;

/** Closes each operator of a chain once, whichever way the subtask ends. */
export class Closing {
  readonly #closed = new Set<ChainLink>();

  close(link: ChainLink): MaybePromise<void> {
    if (this.#closed.has(link)) return undefined;
    this.#closed.add(link);
    let closing: MaybePromise<void>;
    try {
      closing = (link.operator ?? link.source)?.close?.();
    } catch (thrown) {
      release(link);
      throw thrown;
    }
    if (!isPromise(closing)) return release(link);
    return closing.finally(() => release(link));
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

function release({ releases }: ChainLink): void {
  for (const give of releases.splice(0)) give();
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
