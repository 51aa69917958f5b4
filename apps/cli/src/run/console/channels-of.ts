import { ByteSinkToken, ByteSourceToken, type ByteSink } from '@polyvisor/core';
import { namedService, type NamedService } from '@polyvisor/machine';
import { ByteQueue, FileSink, StreamSink, nowhere } from './channels.ts';
import { DEBUG_CONSOLE, NOWHERE, chardevName, comName } from '../machine/service-names.ts';
import type { Channel, RunOptions } from '../options/types.ts';

export interface Channels {
  readonly services: readonly NamedService[];
  /** What is typed, for the port that has standard input. */
  readonly input: ByteQueue | undefined;
  /** Everything has been written when it resolves. */
  close(): Promise<void>;
}

/** Opens what the guest's serial ports and its debug console lead to. */
export function openChannels(options: RunOptions): Channels {
  const stdout = new StreamSink(process.stdout);
  const files: FileSink[] = [];
  const sink = (option: string, channel: Channel): ByteSink => {
    switch (channel.kind) {
      case 'stdio': return stdout;
      case 'none':
      // Names of channels were looked up when the options were read.
      case 'chardev': return nowhere;
      case 'file': {
        const file = new FileSink(option, channel.path);
        files.push(file);
        return file;
      }
    }
  };
  let input: ByteQueue | undefined;
  const both = (name: string, option: string, channel: Channel): NamedService[] => {
    const queue = new ByteQueue();
    if (channel.kind === 'stdio') input = queue;
    return [namedService(name, ByteSinkToken, sink(option, channel)), namedService(name, ByteSourceToken, queue)];
  };
  const services = [
    ...options.serial.flatMap((channel, i) => both(comName(i), '-serial', channel)),
    ...options.chardevs.flatMap(({ id, channel }) => both(chardevName(id), '-chardev', channel)),
    ...both(NOWHERE, '', { kind: 'none' }),
  ];
  if (options.debugConsole) services.push(namedService(DEBUG_CONSOLE, ByteSinkToken, sink('-debugcon', options.debugConsole)));
  return {
    services, input,
    async close() {
      for (const file of files) file.close();
      await stdout.finish();
    },
  };
}
