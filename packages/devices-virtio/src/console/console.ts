import { ByteSinkToken, ByteSourceToken, type ByteSink, type ByteSource, type Token } from '@polyvisor/core';
import { virtioMmio } from '../mmio/plugin.ts';
import { virtioPci } from '../pci/plugin.ts';
import { DeviceId } from '../virtio/constants.ts';
import { defineVirtio } from '../virtio/model.ts';
import { ConsoleModel, ConsoleSizeToken, type ConsoleSize, type Port } from './console-model.ts';
import { consoleOptions } from './config.ts';
import { consoleState } from './state.ts';

/** A console with named ports, for any transport. Port 0 has the services `out` and `in`, port n `out<n>` and `in<n>`. */
export const virtioConsole = defineVirtio({
  deviceId: DeviceId.CONSOLE,
  summary: 'A console with further byte channels (VIRTIO 1.2 §5.3).',
  classCode: 0x07_8000,
  transitionalId: 0x1003,
  options: consoleOptions,
  state: consoleState,
  services: (config) => {
    const services: Record<string, Token<unknown>> = { out: ByteSinkToken, in: ByteSourceToken };
    for (let port = 1; port <= config.ports.length; port++) {
      services[`out${port}`] = ByteSinkToken;
      services[`in${port}`] = ByteSourceToken;
    }
    if (config.size) services['size'] = ConsoleSizeToken;
    return services;
  },
  // Control queues and further ports exist with several ports only (§5.3.2).
  queues: (config) => Array.from({ length: config.ports.length === 0 ? 2 : 4 + 2 * config.ports.length }, () => config['queue-size']),
  create(config, host, saved) {
    // The names were made above, with these types.
    const service = (name: string): unknown => host.services[name];
    const port = (name: string, suffix: string): Port => ({ name, out: service(`out${suffix}`) as ByteSink, in: service(`in${suffix}`) as ByteSource });
    const ports = [port('', ''), ...config.ports.map((name, i) => port(name, String(i + 1)))];
    return new ConsoleModel(host, ports, config.size ? (service('size') as ConsoleSize) : undefined, saved);
  },
});

export const virtioConsolePci = virtioPci('virtio/console-pci', virtioConsole);
export const virtioConsoleMmio = virtioMmio('virtio/console-mmio', virtioConsole);
