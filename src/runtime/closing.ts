import type { ChainLink } from './chain-links.ts';
import { type Clock, resolvedWithin } from '../machine/clock.ts';
import type { MaybePromise } from './operator.ts';
import { isPromise } from './output.ts';
import { settling } from './settling.ts';
import { SETTINGS } from '../config/table.ts';

/** How long the record in flight may take to settle after a cancel or a failure before it is left to itself. */
const IN_FLIGHT_MS = 200;

/** Closes each operator of a chain once, whichever way the subtask ends. */
export class Closing {
  readonly #closed = new Set<ChainLink>();
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  /** `timeoutMs`: what `closeAll` may take (`isthmus.close-timeout`). */
  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  close(link: ChainLink): MaybePromise<void> {
    if (this.#closed.has(link)) return undefined;
    this.#closed.add(link);
    link.context?.metrics.reported(); // M2 of metric-group.ts
    let closing: MaybePromise<void>;
    try {
      closing = (link.operator ?? link.source)?.close?.();
    } catch (thrown) {
      release(link);
      throw thrown;
    }
    if (!isPromise(closing)) return release(link);
    return settling(closing)
      .then(nothing)
      .finally(() => release(link));
  }

  /**
   * After a cancel or a failure: waits a moment for what still runs, then closes all, each whatever the others do; tells
   * `warn` what went wrong. They close at once: one that waits holds up no other, and all of them have the time there is.
   */
  async closeAll(
    links: readonly ChainLink[],
    pending: Promise<unknown> | undefined,
    warn: (link: ChainLink, thrown: unknown) => void,
  ): Promise<void> {
    const timeoutMs = this.#timeoutMs;
    if (pending !== undefined) {
      await resolvedWithin(this.#clock, pending.catch(ignore), Math.min(IN_FLIGHT_MS, timeoutMs));
    }
    await Promise.all(
      links.map(async (link) => {
        try {
          const inTime = await resolvedWithin(
            this.#clock,
            (async () => this.close(link))(),
            timeoutMs,
          );
          if (!inTime) warn(link, tookTooLong(timeoutMs));
        } catch (thrown) {
          warn(link, thrown);
        }
      }),
    );
  }
}

function release({ releases }: ChainLink): void {
  for (const give of releases.splice(0)) give();
}

function tookTooLong(ms: number): Error {
  return new Error(
    `it had not closed after ${ms} ms and is left to itself; the limit is ${SETTINGS.closeTimeoutMs.key}`,
  );
}

function ignore(): void {}

function nothing(): void {}
