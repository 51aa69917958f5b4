import { PowerControlToken, defineDevice } from '@polyvisor/core';
import { KeyboardToken, MouseToken, i8042Config } from './config.ts';
import { I8042 } from './controller.ts';
import { i8042State } from './state.ts';

/** The keyboard and mouse of a PC, with their controller, the A20 gate and two ways to reset. */
export const i8042 = defineDevice({
  kind: 'platform/i8042',
  api: 1,
  summary: 'Keyboard and mouse with the controller of a PC (Intel 8042, PS/2).',
  config: i8042Config,
  state: i8042State,
  resources: (config) => ({
    pio: {
      data: { size: 1, width: 1, prefer: 0x60 },
      command: { size: 1, width: 1, prefer: 0x64 },
      portA: { size: 1, width: 1, prefer: 0x92 },
    },
    irq: { keyboard: { kind: 'level', prefer: config.keyboardIrq }, mouse: { kind: 'level', prefer: config.mouseIrq } },
    services: { power: PowerControlToken },
    provides: { keyboard: KeyboardToken, mouse: MouseToken },
  }),
  create(_config, host, saved) {
    const chip = new I8042({ keyboardIrq: host.irq.keyboard, mouseIrq: host.irq.mouse, power: host.services.power }, saved);
    const { data, command, portA } = chip;
    return {
      regions: { data, command, portA },
      provides: {
        keyboard: {
          key: (code: number, pressed: boolean) => chip.key(code, pressed),
          get leds() {
            return chip.leds;
          },
        },
        mouse: { move: (dx: number, dy: number, dz: number, buttons: number) => chip.move(dx, dy, dz, buttons) },
      },
      reset: () => chip.reset(),
      save: () => chip.save(),
      destroy: () => chip.destroy(),
    };
  },
});
