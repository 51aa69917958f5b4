/** What the machine is made of. */
export interface Boot {
  readonly kernel: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };
  readonly initrd?: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;
  readonly commandLine: string;
  /** MiB. */
  readonly memory: number;
}

/** From the page to the worker. */
export type ToMachine =
  | { readonly kind: 'boot'; readonly boot: Boot }
  | { readonly kind: 'typed'; readonly text: string };

/** From the worker to the page. */
export type FromMachine =
  | { readonly kind: 'running' }
  | { readonly kind: 'output'; readonly bytes: Uint8Array }
  /** The machine is off, or could not be made: then `problem` says why. */
  | { readonly kind: 'ended'; readonly problem: string | undefined };
