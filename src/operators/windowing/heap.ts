/** The smallest of some numbers. */
export class NumberHeap {
  readonly #items: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Infinity where it is empty. */
  get least(): number {
    return this.#items.length === 0 ? Infinity : (this.#items[0] as number);
  }

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((items[parent] as number) <= item) break;
      items[at] = items[parent] as number;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes the least. */
  pop(): number {
    const items = this.#items;
    const least = items[0] as number;
    const item = items.pop() as number;
    const size = items.length;
    if (size === 0) return least;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && (items[child + 1] as number) < (items[child] as number)) child++;
      if ((items[child] as number) >= item) break;
      items[at] = items[child] as number;
      at = child;
    }
    items[at] = item;
    return least;
  }

  [Symbol.iterator](): Iterator<number> {
    return this.#items[Symbol.iterator]();
  }
}
