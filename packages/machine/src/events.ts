import { EventPoint, type DeviceLog, type MachineEvents } from '@polyvisor/core';

export function createEvents(): MachineEvents {
  return {
    lifecycle: new EventPoint('lifecycle'),
    exit: new EventPoint('exit'),
    step: new EventPoint('step'),
    irq: new EventPoint('irq'),
    unclaimed: new EventPoint('unclaimed'),
    log: new EventPoint('log'),
  };
}

/** A part's log: shown as events. A guest that repeats its mistake a million times is shown once for each message. */
export function createLog(source: string, events: MachineEvents, now: () => number): DeviceLog {
  const seen = new Set<string>();
  const say = (level: 'info' | 'warn' | 'guest-error', message: string): void => {
    if (events.log.active) events.log.emit({ source, level, message, time: now() });
  };
  return {
    info: (message) => say('info', message),
    warn: (message) => say('warn', message),
    guestError(message) {
      if (seen.has(message)) return;
      // Bounded, because a device may put guest values into its message.
      if (seen.size < 1000) seen.add(message);
      say('guest-error', message);
    },
  };
}
