interface Entry {
  port: number;
  heard: number;
}

/** Which port an address was heard on (IEEE 802.1Q, 8.8), per VLAN. Bounded: the one learnt first gives way. */
export class MacTable {
  readonly #most: number;
  readonly #age: number;
  readonly #vlans = new Map<number, Map<number, Entry>>();
  size = 0;

  /** `age` in ns. */
  constructor(most: number, age: number) {
    this.#most = most;
    this.#age = age;
  }

  /** A frame of `vlan` from this address came in at `port`. */
  learn(high: number, low: number, vlan: number, port: number, now: number): void {
    let entries = this.#vlans.get(vlan);
    if (entries === undefined) this.#vlans.set(vlan, (entries = new Map<number, Entry>()));
    const key = high * 2 ** 32 + (low >>> 0);
    const known = entries.get(key);
    if (known !== undefined) {
      known.port = port;
      known.heard = now;
      return;
    }
    if (this.size >= this.#most) this.#giveWay(entries);
    entries.set(key, { port, heard: now });
    this.size += 1;
  }

  /** The port, or −1. */
  find(high: number, low: number, vlan: number, now: number): number {
    const entries = this.#vlans.get(vlan);
    const key = high * 2 ** 32 + (low >>> 0);
    const known = entries?.get(key);
    if (entries === undefined || known === undefined) return -1;
    if (now - known.heard <= this.#age) return known.port;
    entries.delete(key);
    this.size -= 1;
    return -1;
  }

  forgetPort(port: number): void {
    for (const entries of this.#vlans.values()) {
      for (const [key, entry] of entries) if (entry.port === port && entries.delete(key)) this.size -= 1;
    }
  }

  /** A map's order is that of learning, which is near enough to that of hearing. */
  #giveWay(own: Map<number, Entry>): void {
    let from = own;
    // A VLAN without an entry takes the place from the fullest.
    if (own.size === 0) for (const entries of this.#vlans.values()) if (entries.size > from.size) from = entries;
    const first = from.keys().next();
    if (first.done !== true && from.delete(first.value)) this.size -= 1;
  }
}
