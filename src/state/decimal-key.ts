// Decimals as keys: one that equals an integer or a double is the same key as that, as it is in Python.

export type CanonicalDecimal =
  | { kind: 'number'; value: number }
  | { kind: 'integer'; value: bigint }
  | { kind: 'decimal'; text: string };

/** Decimals with more digits than this before the point are no integers to us. */
const MAX_EXPONENT = 4096;

export function canonicalDecimal(text: string): CanonicalDecimal {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) {
    const infinity = /^([+-]?)Infinity$/.exec(text);
    if (infinity === null) return { kind: 'number', value: Number.NaN };
    return { kind: 'number', value: infinity[1] === '-' ? -Infinity : Infinity };
  }
  const [, sign = '', whole = '', fraction = '', power = '0'] = match;
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = withoutFinalZeros(all);
  if (digits === '') return { kind: 'integer', value: 0n };
  const exponent = Number(power) - fraction.length + (all.length - digits.length);
  const signed = BigInt((sign === '-' ? '-' : '') + digits);
  if (exponent >= 0 && exponent <= MAX_EXPONENT) {
    return { kind: 'integer', value: signed * 10n ** BigInt(exponent) };
  }
  const nearest = Number(`${signed}e${exponent}`);
  if (exponent < 0 && equalsDouble(signed, -exponent, nearest)) {
    return { kind: 'number', value: nearest };
  }
  return { kind: 'decimal', text: `${signed}E${exponent}` };
}

/** By hand: a regular expression would try every zero of a long run anew. */
function withoutFinalZeros(digits: string): string {
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 0x30) end--;
  return digits.slice(0, end);
}

/** Whether digits × 10^−places is exactly the double. */
function equalsDouble(digits: bigint, places: number, value: number): boolean {
  // A double has at most 1,074 binary places, so at most as many decimal ones.
  if (!Number.isFinite(value) || value === 0 || places > 1100) return false;
  let scaled = value;
  let twos = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    twos++;
  }
  return BigInt(scaled) * 10n ** BigInt(places) === digits * 2n ** BigInt(twos);
}
