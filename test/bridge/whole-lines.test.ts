import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WholeLines } from '../../src/bridge/whole-lines.ts';
import { eventually } from '../fixtures/processes.ts';

function lines(): { whole: WholeLines; passed: string[] } {
  const passed: string[] = [];
  const whole = new WholeLines((bytes) => {
    passed.push(Buffer.from(bytes).toString());
    return undefined;
  });
  return { whole, passed };
}

test('whatever the chunks, what is passed on ends with a line, and nothing is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ab\n]{0,9}$/)), (chunks) => {
      const { whole, passed } = lines();
      for (const chunk of chunks) void whole.take(Buffer.from(chunk));
      expect(passed.every((text) => text.endsWith('\n'))).toBe(true);
      void whole.finish();
      expect(passed.join('')).toBe(chunks.join(''));
    }),
  );
});

test('a line that gets no end is passed on after a while', async () => {
  const { whole, passed } = lines();
  void whole.take(Buffer.from('a question? '));
  expect(passed).toEqual([]);
  await eventually('the question', () => passed.length === 1);
  expect(passed).toEqual(['a question? ']);
});

test('the bars of a progress end with a carriage return', () => {
  const { whole, passed } = lines();
  void whole.take(Buffer.from('10 %\r20 %\r30'));
  expect(passed).toEqual(['10 %\r20 %\r']);
});
