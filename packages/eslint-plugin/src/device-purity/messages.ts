/** What the rule says: what was reached for, and which service gives it instead. */
export const messages = {
  // Ambient globals
  time: "`{{name}}` is the host's time. Read guest time from host.clock.",
  timer: '`{{name}}` fires on host time and is lost in a snapshot. Arm host.timer.',
  random: '`{{name}}` makes runs differ. Declare a random service and draw from host.services, where the composition seeds it.',
  process: '`{{name}}` exists in Node only. Take what you need from the configuration or from host.services.',
  globalObject: '`{{name}}` reaches every ambient capability. Declare the service you need and take it from host.services.',
  console: "`{{name}}` writes past the machine's log. Use host.log.",
  network: '`{{name}}` opens the network. Declare a network or byte-stream service and take it from host.services.',
  storage: '`{{name}}` keeps state outside the snapshot. Declare a storage service and take it from host.services.',
  worker: '`{{name}}` starts or reaches another thread. The composition places a device; use what host gives.',
  require: '`{{name}}` loads a module at run time. Import it at the top, or take a service from host.services.',

  // Imports
  builtinImport: "'{{name}}' is a Node builtin, which no browser has. Declare a service and take it from host.services.",

  // State of the module
  moduleVariable:
    "'{{name}}' is a module variable: all devices of the process would share it and no snapshot holds it. Move it into create(), or make it const.",
  moduleCollection:
    '`new {{name}}` at module level is mutable state that no snapshot holds. Move it into create(); a constant table says so in its type: ReadonlyMap, ReadonlySet, ArrayLike, readonly.',
  moduleWrite: "This writes to '{{name}}', which belongs to the module and not to one device. Keep the state in create().",
  staticField: "Static field '{{name}}' is shared by all devices. Make it an instance field, or `static readonly`.",
} as const;

export type PurityMessage = keyof typeof messages;
