// Functions of windows for test_windows_in_typescript.py.

type Click = { user: string; n: number; at: number };
type TimeWindow = { start: number; end: number };

export function total(a: Click, b: Click): Click {
  return { ...a, n: a.n + b.n };
}

export class Numbers {
  readonly mergeable = true;
  createAccumulator(): number[] {
    return [];
  }
  add({ n }: Click, numbers: number[]): number[] {
    return [...numbers, n];
  }
  getResult(numbers: number[]): string {
    return numbers.toSorted((a, b) => a - b).join('+');
  }
  merge(a: number[], b: number[]): number[] {
    return [...a, ...b];
  }
}

export function shown(key: string, window: TimeWindow, clicks: Click[]): string[] {
  const numbers = clicks.map(({ n }) => n).toSorted((a, b) => a - b);
  return [`${key} ${window.start} ${numbers.join('+')}`];
}

export class Labelled {
  readonly #label: string;
  constructor(label: string) {
    this.#label = label;
  }
  *process(key: string, ctx: { window(): TimeWindow }, results: string[]): Iterable<string> {
    yield `${this.#label} ${key} ${ctx.window().start} ${results.join(' ')}`;
  }
}

export function counted(_window: unknown, clicks: Click[]): number[] {
  return [clicks.length];
}
