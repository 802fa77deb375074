// Metrics that functions make: counters, meters, gauges, distributions, in groups that nest. Twin of
// python/isthmus/_worker/runtime/metrics.py.
//
//   M1. A metric never fails a job: one that comes to no number is left out.
//   M2. A gauge whose function throws is what it was: what it looks at may be closed already.

/** A number that goes up and down. */
export interface Counter {
  /** Adds `n`, or 1. */
  inc(n?: number): void;
  /** Takes `n` away, or 1. */
  dec(n?: number): void;
  /** The number. */
  getCount(): number;
}

/** Events, and their rate. */
export interface Meter {
  /** Counts `n` events, or one. */
  markEvent(n?: number): void;
  /** Events so far. */
  getCount(): number;
  /** Events per second. */
  getRate(): number;
}

/** Count, sum, smallest and largest of what was reported. */
export interface Distribution {
  /** Reports a value. */
  update(value: number): void;
}

/** Makes metrics; a name used twice is one metric. Groups nest. */
export interface MetricGroup {
  /** A group within this one; with `value` two, a name and its value. */
  addGroup(name: string, value?: string): MetricGroup;
  /** A number that goes up and down. Asking again gives the same. */
  counter(name: string): Counter;
  /** Counts events, and their rate over so many seconds. */
  meter(name: string, spanSeconds?: number): Meter;
  /** Asks `value` for a number when metrics are told, about once a second. */
  gauge(name: string, value: () => number): void;
  /** Sum, count, smallest and largest of what is reported. */
  distribution(name: string): Distribution;
}

/** What a metric of one subtask comes to. */
export type MetricReport =
  | { kind: 'counter'; count: number }
  | { kind: 'meter'; count: number; rate: number }
  | { kind: 'gauge'; value: number }
  | { kind: 'distribution'; count: number; sum: number; min: number; max: number };

interface Metric {
  /** Undefined where there is nothing to say (M1). */
  report(): MetricReport | undefined;
}

class SubtaskCounter implements Counter, Metric {
  #count = 0;

  inc(n = 1): void {
    this.#count += n;
  }

  dec(n = 1): void {
    this.#count -= n;
  }

  getCount(): number {
    return this.#count;
  }

  report(): MetricReport {
    return { kind: 'counter', count: this.#count };
  }
}

class SubtaskMeter implements Meter, Metric {
  readonly #now: () => number;
  readonly #spanMs: number;
  #count = 0;
  #since: number;
  #before = 0;

  constructor(spanSeconds: number, now: () => number) {
    this.#now = now;
    this.#spanMs = spanSeconds * 1000;
    this.#since = now();
  }

  markEvent(n = 1): void {
    this.#count += n;
  }

  getCount(): number {
    return this.#count;
  }

  getRate(): number {
    const elapsed = this.#now() - this.#since;
    const rate = elapsed > 0 ? ((this.#count - this.#before) * 1000) / elapsed : 0;
    if (elapsed > this.#spanMs) {
      this.#since = this.#now();
      this.#before = this.#count;
    }
    return rate;
  }

  report(): MetricReport {
    return { kind: 'meter', count: this.#count, rate: this.getRate() };
  }
}

class SubtaskDistribution implements Distribution, Metric {
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  update(value: number): void {
    this.#count++;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  report(): MetricReport | undefined {
    if (this.#count === 0) return undefined;
    const [count, sum, min, max] = [this.#count, this.#sum, this.#min, this.#max];
    return { kind: 'distribution', count, sum, min, max };
  }
}

class SubtaskGauge implements Metric {
  readonly #value: () => number;
  #last: MetricReport | undefined;

  constructor(value: () => number) {
    this.#value = value;
  }

  report(): MetricReport | undefined {
    try {
      const value: unknown = this.#value();
      this.#last = typeof value === 'number' ? { kind: 'gauge', value } : undefined; // M1
    } catch {
      // M2
    }
    return this.#last;
  }
}

/** The metrics of one operator and subtask. */
export class SubtaskMetricGroup implements MetricGroup {
  readonly #scope: string;
  readonly #now: () => number;
  readonly #metrics: Map<string, Metric>;

  /** `now`: milliseconds that never go back. */
  constructor(now: () => number, scope = '', metrics = new Map<string, Metric>()) {
    this.#now = now;
    this.#scope = scope;
    this.#metrics = metrics;
  }

  addGroup(name: string, value?: string): MetricGroup {
    const scope =
      value === undefined ? `${this.#scope}${name}.` : `${this.#scope}${name}.${value}.`;
    return new SubtaskMetricGroup(this.#now, scope, this.#metrics);
  }

  counter(name: string): Counter {
    return this.#metric(name, SubtaskCounter, () => new SubtaskCounter());
  }

  meter(name: string, spanSeconds = 60): Meter {
    return this.#metric(name, SubtaskMeter, () => new SubtaskMeter(spanSeconds, this.#now));
  }

  gauge(name: string, value: () => number): void {
    this.#metrics.set(this.#scope + name, new SubtaskGauge(value));
  }

  distribution(name: string): Distribution {
    return this.#metric(name, SubtaskDistribution, () => new SubtaskDistribution());
  }

  #metric<T extends Metric>(
    name: string,
    kind: abstract new (...given: never[]) => T,
    make: () => T,
  ): T {
    const known = this.#metrics.get(this.#scope + name);
    if (known instanceof kind) return known;
    const made = make();
    this.#metrics.set(this.#scope + name, made);
    return made;
  }

  /** By dotted name; undefined where there are none. */
  reported(): Record<string, MetricReport> | undefined {
    const told: Record<string, MetricReport> = {};
    for (const [name, metric] of this.#metrics) {
      const report = metric.report();
      if (report !== undefined) told[name] = report;
    }
    return Object.keys(told).length === 0 ? undefined : told;
  }
}
