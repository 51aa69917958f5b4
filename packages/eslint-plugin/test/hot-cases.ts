import { invalid, valid, type InvalidCase, type ValidCase } from './rule-tests.ts';

/** A hot function with this body. */
export function hotFunction(body: string): string {
  return `/** @hot */\nfunction step(a, b, c) {\n  ${body}\n}`;
}

export function allowed(name: string, body: string): ValidCase {
  return valid(name, hotFunction(body));
}

export function forbidden(name: string, body: string, ...messageIds: string[]): InvalidCase {
  return invalid(name, hotFunction(body), ...messageIds);
}
