import type { NetBackend } from '@polyvisor/core';

/** A network of its own. */
export interface OpenedNet {
  /** Where the suite plugs its card in. */
  readonly near: NetBackend;
  /** Where what `near` takes comes out, and the other way round; left out where a network has no such end. */
  readonly far?: NetBackend;
  /** Lets the network's time pass, where it is not the platform's. */
  readonly settle?: () => Promise<void> | void;
  readonly close?: () => Promise<void> | void;
}

export interface NetBackendCheckOptions {
  /** For test names. */
  readonly label: string;
  /** A network without a card; made anew for each check, which closes it. */
  readonly open: () => Promise<OpenedNet> | OpenedNet;
  /** Bytes that the network may hold for a card that takes nothing; default 16 MiB. */
  readonly mostHeld?: number;
  /** Milliseconds, or turns of `settle`, after which what should have come is missing; default 2000. */
  readonly patience?: number;
  readonly seed?: number;
  /** Checks not to make, by name, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

export interface NetSubject {
  readonly label: string;
  readonly options: NetBackendCheckOptions;
  readonly mostHeld: number;
  readonly patience: number;
  readonly seed: number;
  readonly skip: Readonly<Record<string, string>>;
}

export function netSubject(options: NetBackendCheckOptions): NetSubject {
  return {
    label: options.label, options,
    mostHeld: options.mostHeld ?? 16 * 2 ** 20,
    patience: options.patience ?? 2000,
    seed: options.seed ?? 1,
    skip: options.skip ?? {},
  };
}
