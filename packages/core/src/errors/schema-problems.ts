import type { z } from 'zod';
import { problem, type Problem } from './problem.ts';

/**
 * What a schema found wrong, as problems at `place`. Unknown keys get one problem each, so that a misspelt key is
 * named; the others keep the schema's message.
 */
export function schemaProblems(area: string, place: string, thing: string, error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const at = [place, ...issue.path.map(String)].filter((s) => s !== '').join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) =>
        problem({
          code: `${area}/unknown-key`,
          thing: key,
          place: at === '' ? key : `${at}.${key}`,
          message: `${thing} has no setting "${key}"`,
          remedy: 'Remove it, or correct its spelling.',
        }),
      );
    }
    return [
      problem({
        code: `${area}/invalid-value`,
        thing,
        place: at,
        message: issue.message,
        remedy: 'Give a value that fits the schema.',
      }),
    ];
  });
}
