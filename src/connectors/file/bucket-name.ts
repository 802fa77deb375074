/** The time of `date` in strftime's letters (%Y %y %m %d %H %M %S): that of a time zone, or else the local one. */
export function bucketName(format: string, date: Date, timeZone?: string): string {
  const clock = partsOf(date, timeZone);
  const parts: Record<string, string> = {
    Y: String(clock.year).padStart(4, '0'),
    y: two(clock.year % 100),
    m: two(clock.month),
    d: two(clock.day),
    H: two(clock.hour),
    M: two(clock.minute),
    S: two(clock.second),
    '%': '%',
  };
  return format.replace(/%(.)/g, (whole, letter: string) => parts[letter] ?? whole);
}

type Clock = Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;

function partsOf(date: Date, timeZone: string | undefined): Clock {
  if (timeZone === undefined) {
    return {
      year: date.getFullYear(),
      month: date.getMonth() + 1,
      day: date.getDate(),
      hour: date.getHours(),
      minute: date.getMinutes(),
      second: date.getSeconds(),
    };
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = format.formatToParts(date).map(({ type, value }) => [type, Number(value)]);
  return Object.fromEntries(parts) as Clock;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
