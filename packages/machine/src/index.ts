export {
  createMachine, restoreMachine, type Machine, type MachineOptions, type Outcome,
} from './machine.ts';
export { namedService, type NamedService, type Plugins } from './compose/plugins.ts';
export { machineJsonSchema, type MachineDescription } from './description/schema.ts';
export type { EventLoop } from './clock/event-loop.ts';
export { machineErrors } from './errors.ts';
