/** Items, each at a time; the earliest is at hand. */
export class TimeHeap<T> {
  readonly #times: number[] = [];
  readonly #items: T[] = [];

  get size(): number {
    return this.#times.length;
  }

  /** The earliest time; Infinity where it is empty. */
  get earliest(): number {
    return this.#times.length === 0 ? Infinity : (this.#times[0] as number);
  }

  push(time: number, item: T): void {
    const times = this.#times;
    const items = this.#items;
    let at = times.length;
    times.push(time);
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((times[parent] as number) <= time) break;
      times[at] = times[parent] as number;
      items[at] = items[parent] as T;
      at = parent;
    }
    times[at] = time;
    items[at] = item;
  }

  /** Takes an item of the earliest time; there must be one. */
  pop(): T {
    const times = this.#times;
    const items = this.#items;
    const taken = items[0] as T;
    const time = times.pop() as number;
    const item = items.pop() as T;
    const size = times.length;
    if (size === 0) return taken;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && (times[child + 1] as number) < (times[child] as number)) child++;
      if ((times[child] as number) >= time) break;
      times[at] = times[child] as number;
      items[at] = items[child] as T;
      at = child;
    }
    times[at] = time;
    items[at] = item;
    return taken;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]();
  }
}
