/** So many texts are known apart; of all others each line is shown. */
const MOST_TEXTS = 1000;

/**
 * Passes each line on once, and then every tenth power of times that it came: a full disk fails every write of a guest that
 * goes on, and what the guest does shall not fill a terminal or a log.
 */
export function withoutRepeats(say: (line: string) => void): (line: string) => void {
  const times = new Map<string, number>();
  return (line) => {
    const count = (times.get(line) ?? 0) + 1;
    if (count > 1 || times.size < MOST_TEXTS) times.set(line, count);
    if (count === 1) say(line);
    else if (/^10+$/.test(String(count))) say(`${line} (${count} times)`);
  };
}
