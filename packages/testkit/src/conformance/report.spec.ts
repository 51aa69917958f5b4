import { expect, test } from 'vitest';
import { found, runCheck, type Check } from './report.ts';

const subject = { label: 'a thing', skip: { 'not-this': 'it is known' } };
const check = (name: string, run: Check<typeof subject>['run']): Check<typeof subject> => ({ name, summary: 'it holds', run });

test('reports an exception on the way as a finding', async () => {
  const result = await runCheck(check('fails', () => { throw new RangeError('too far'); }), subject);
  expect(result.findings).toEqual([found('the check could not be finished: RangeError: too far')]);
});

test('does not make a check that the options skip, and says why', async () => {
  const result = await runCheck(check('not-this', () => [found('wrong')]), subject);
  expect(result).toEqual({ check: 'not-this', subject: 'a thing', findings: [], skipped: 'it is known' });
});

test('shortens a long list of findings', async () => {
  const result = await runCheck(check('many', () => Array.from({ length: 20 }, (_, i) => found(String(i)))), subject);
  expect(result.findings).toHaveLength(9);
  expect(result.findings.at(-1)?.message).toBe('… and 12 more');
});
