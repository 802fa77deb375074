// Decimals of the type BIG_DEC: as Java's BigDecimal has them. Twin of `to_big_dec` in python/isthmus/_types/wanted.py.

import { Refused } from './scalars.ts';
import { Decimal } from './values.ts';

const MAX_SCALE = 2 ** 31 - 1;

/** The number with its scale, as `BigDecimal.toString()` writes it: zero has no sign, and there is no NaN and no infinity. */
export function bigDecimal(value: Decimal): Decimal {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(value.text);
  if (match === null) {
    throw new Refused(
      `${value.text} is no BIG_DEC: Java's BigDecimal has no NaN and no infinity; send null, or declare no type`,
    );
  }
  const [, sign = '', whole = '', fraction = '', power = '0'] = match;
  const scale = fraction.length - Number(power);
  if (scale < -MAX_SCALE - 1 || scale > MAX_SCALE) {
    throw new Refused("its exponent is beyond the 32 bits that Java's BigDecimal has for it");
  }
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '');
  const text = (sign === '-' && digits !== '0' ? '-' : '') + shown(digits, scale);
  return text === value.text ? value : new Decimal(text);
}

function shown(digits: string, scale: number): string {
  const adjusted = digits.length - 1 - scale;
  if (scale >= 0 && adjusted >= -6) {
    if (scale === 0) return digits;
    const padded = digits.padStart(scale + 1, '0');
    return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${mantissa}E${adjusted >= 0 ? '+' : ''}${adjusted}`;
}
