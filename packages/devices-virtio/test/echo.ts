import { defineVirtio, virtioPci } from '@polyvisor/devices-virtio';
import { z } from 'zod';

/** Sends back what it is sent, upside down. */
export const echo = defineVirtio({
  deviceId: 42,
  summary: 'Turns bytes around.',
  classCode: 0x00_ff00,
  options: { greeting: z.int().min(0).max(255).default(7) },
  state: z.strictObject({ served: z.int().min(0) }),
  services: () => ({}),
  queues: () => [64],
  create(config, host, saved) {
    let served = saved?.served ?? 0;
    const bytes = new Uint8Array(4096);
    return {
      features: [],
      config: Uint8Array.of(config.greeting),
      handleQueue(index) {
        const queue = host.queues[index]!;
        for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
          const length = Math.min(chain.readable, chain.writable, bytes.length);
          if (!chain.read(0, bytes, 0, length)) return;
          bytes.subarray(0, length).reverse();
          if (!chain.write(0, bytes, 0, length)) return;
          queue.push(chain, length);
          served += 1;
        }
        queue.flush();
      },
      reset: () => { served = 0; },
      save: () => ({ served }),
    };
  },
});

export const echoPci = virtioPci('acme/echo-pci', echo);
