import { expect, test } from 'vitest';
import { withoutRepeats } from './repeated.ts';

test('lines that come again are shown at the first, tenth, hundredth time', () => {
  const lines: string[] = [];
  const say = withoutRepeats((line) => { lines.push(line); });
  for (let i = 0; i < 1500; i++) {
    say('full');
    if (i === 5) say('other');
  }
  expect(lines).toEqual(['full', 'other', 'full (10 times)', 'full (100 times)', 'full (1000 times)']);
});

test('lines that are all different are all shown, and not remembered for ever', () => {
  let shown = 0;
  const say = withoutRepeats(() => { shown++; });
  for (let i = 0; i < 3000; i++) say(`line ${i}`);
  say('line 2999');
  expect(shown).toBe(3001);
});
