import type { Address, Mac } from '../wire/address.ts';
import { formatAddress } from '../wire/address.ts';

/** Guests that are remembered; one that was seen longest ago gives way. */
const MOST = 256;

/** Where the guests' cards are. Guests tell it themselves and can only mislead each other. */
export class Neighbours {
  readonly #known = new Map<string, Mac>();

  learn(address: Address, high: number, low: number): void {
    const key = formatAddress(address);
    const old = this.#known.get(key);
    if (old?.high === high && old.low === low) return;
    this.#known.delete(key);
    if (this.#known.size >= MOST) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, { high, low });
  }

  find(address: Address): Mac | undefined {
    return this.#known.get(formatAddress(address));
  }

  clear(): void {
    this.#known.clear();
  }
}
