/** The local time of `date` in strftime's letters (%Y %m %d %H %M %S). */
export function bucketName(format: string, date: Date): string {
  const parts: Record<string, string> = {
    Y: String(date.getFullYear()).padStart(4, '0'),
    m: two(date.getMonth() + 1),
    d: two(date.getDate()),
    H: two(date.getHours()),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    '%': '%',
  };
  return format.replace(/%(.)/g, (whole, letter: string) => parts[letter] ?? whole);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
