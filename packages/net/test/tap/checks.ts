import { spawnSync } from 'node:child_process';

let wrong = 0;

export function check(name: string, right: boolean): void {
  if (!right) wrong += 1;
  console.log(name, right ? 'right' : 'WRONG');
}

export function failed(): boolean {
  return wrong > 0;
}

export function ip(...words: string[]): void {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

/** Asks again for up to five seconds. */
export async function soon(holds: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 500 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  return holds();
}
