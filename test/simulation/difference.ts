/** Where two traces part; undefined where they are the same. */
export function difference(one: readonly string[], other: readonly string[]): string | undefined {
  const lines = Math.max(one.length, other.length);
  for (let i = 0; i < lines; i++) {
    if (one[i] !== other[i]) return `line ${i + 1}: ${one[i] ?? 'end'} / ${other[i] ?? 'end'}`;
  }
  return undefined;
}
