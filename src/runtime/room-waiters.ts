import type { OutputChannel } from './output-channel.ts';

interface Waiter {
  channel: OutputChannel;
  promise: Promise<void>;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/** The emitters of a subtask that wait for a full channel to have room again. */
export class RoomWaiters {
  readonly #waiters: Waiter[] = [];
  #rejection: { reason: unknown } | undefined;

  get isWaitedFor(): boolean {
    return this.#waiters.length > 0;
  }

  wait(channel: OutputChannel): Promise<void> {
    if (this.#rejection !== undefined) return Promise.reject(this.#rejection.reason);
    const waiting = this.#waiters.find((waiter) => waiter.channel === channel);
    if (waiting !== undefined) return waiting.promise;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // An operator may drop the promise of `emit`; its rejection is then nobody's and must not end the process.
    promise.catch(() => {});
    this.#waiters.push({ channel, promise, resolve, reject });
    return promise;
  }

  /** Lets go on whoever waits for a channel that has room now. */
  wake(): void {
    for (let i = this.#waiters.length - 1; i >= 0; i--) {
      const waiter = this.#waiters[i] as Waiter;
      if (!waiter.channel.hasRoom) continue;
      this.#waiters.splice(i, 1);
      waiter.resolve();
    }
  }

  rejectAll(reason: unknown): void {
    this.#rejection = { reason };
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
  }
}
