import { expect, test } from 'vitest';
import { bucketName } from '../../../src/connectors/file/bucket-name.ts';

const NEW_YEAR = new Date(Date.UTC(2026, 11, 31, 23, 5, 9));

test.each([
  ['Etc/UTC', '2026-12-31--23'],
  ['Europe/Berlin', '2027-01-01--00'],
  ['America/New_York', '2026-12-31--18'],
])('an hour in %s', (timeZone, name) => {
  expect(bucketName('%Y-%m-%d--%H', NEW_YEAR, timeZone)).toBe(name);
});

test('every letter, and text around them', () => {
  expect(bucketName('%y/%m%d T%H:%M:%S %%', NEW_YEAR, 'Etc/UTC')).toBe('26/1231 T23:05:09 %');
});
