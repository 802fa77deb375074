// Records that wait for others, in order of time; those of one time in order of arrival.

export class TimedRecord {
  readonly timestamp: number;
  readonly value: unknown;
  /** Whether it has met a partner. */
  matched: boolean;

  constructor(timestamp: number, value: unknown, matched = false) {
    this.timestamp = timestamp;
    this.value = value;
    this.matched = matched;
  }
}

/** Puts a record in its place, which mostly is the end; gives its index. */
export function insertByTime(records: TimedRecord[], record: TimedRecord): number {
  const last = records.at(-1);
  if (last === undefined || last.timestamp <= record.timestamp) return records.push(record) - 1;
  const index = firstAfter(records, record.timestamp);
  records.splice(index, 0, record);
  return index;
}

/** Index of the first record that is not before `time`. */
export function firstFrom(records: readonly TimedRecord[], time: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle] as TimedRecord).timestamp < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first record after `time`. */
export function firstAfter(records: readonly TimedRecord[], time: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle] as TimedRecord).timestamp <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of a snapshot: plain data. */
export type SavedRecord = [timestamp: number, value: unknown, matched: boolean];

export function saveRecords(records: readonly TimedRecord[]): SavedRecord[] {
  return records.map(({ timestamp, value, matched }) => [timestamp, value, matched]);
}

export function loadRecords(saved: readonly SavedRecord[]): TimedRecord[] {
  return saved.map(([timestamp, value, matched]) => new TimedRecord(timestamp, value, matched));
}
