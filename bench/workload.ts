// What a benchmark runs: a workload on several systems, each a command.

export interface System {
  name: string;
  command: string[];
  env?: Record<string, string>;
  /** Fewer records for the slow ones; the rate is what counts. */
  scale?: number;
}

export interface Workload {
  name: string;
  /** Source, function, consumer, record, keys: what the row measures. */
  what: string;
  unit: 'records/s' | 's' | 'ms';
  large: number;
  systems: System[];
  /** Whole process time instead of a rate. */
  whole?: boolean;
  /** The process prints its own figure (a number per line: name, value). */
  printed?: boolean;
  /** Turns a number of records into the argument of the programs. */
  argument?: (records: number) => string;
}
