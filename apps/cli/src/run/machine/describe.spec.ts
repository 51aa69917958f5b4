import { describe, expect, test } from 'vitest';
import { parseRun } from '../options/parse.ts';
import { describeMachine } from './describe.ts';
import { allPlugins } from './plugins.ts';

const devicesOf = (text: string): Record<string, unknown> =>
  describeMachine(parseRun(`-kernel k ${text}`.split(' ')), allPlugins([]).devices ?? [], []).devices ?? {};

test('a place on the bus that a device asks for is nobody else\'s', () => {
  expect(devicesOf('-device virtio-rng-pci,id=a -device virtio-rng-pci,id=b,addr=3 -device virtio-rng-pci,id=c,addr=0x5 -device virtio-rng-pci,id=d'))
    .toMatchObject({ a: { config: { slot: 4 } }, b: { config: { slot: 3 } }, c: { config: { slot: 5 } }, d: { config: { slot: 6 } } });
});

test('serial ports send whole bytes for kernels that do not set them up', () => {
  expect(devicesOf('-serial stdio -serial null')).toMatchObject({
    com1: { config: { port: 0x3f8, wordLength: 8 } }, com2: { config: { port: 0x2f8, wordLength: 8 } },
  });
});

describe('drives of the board', () => {
  test('are where their index says, and the others in the places between', () => {
    expect(devicesOf('-drive file=a,index=3 -drive file=b,index=0 -hda c -cdrom d')).toMatchObject({
      ide: {
        config: { drives: [{ unit: 3 }, { unit: 0 }, { unit: 1 }, { unit: 2, kind: 'cdrom' }] },
        services: { drive3: 'drive0', drive0: 'drive1', drive1: 'drive2', drive2: 'drive3' },
      },
    });
    expect(devicesOf('-machine q35 -drive file=a,index=5 -hda b')).toMatchObject({
      ahci: { config: { drives: [{ port: 5 }, { port: 0 }] }, services: { drive5: 'drive0', drive0: 'drive1' } },
    });
  });

  test.each([
    ['-drive file=a,index=1 -drive file=b,index=1', /cli\/no-place-for-drive: index 1 has a drive already/],
    ['-drive file=a,index=4', /cli\/no-place-for-drive: the board's controller has no index 4/],
    ['-hda a -hda b -hda c -hda d -hda e', /cli\/too-many-drives: .*takes 4 drives/],
    ['-drive file=a,if=none,id=a -device nvme,drive=a -device virtio-blk-pci,drive=a', /cli\/drive-twice: the drive of -device virtio-blk-pci is another device's/],
    ['-drive file=a,id=a -device nvme,drive=a', /cli\/drive-twice/],
    ['-device virtio-rng-pci,id=rtc', /cli\/id-twice: -device has the name "rtc"/],
    ['-device virtio-rng-pci,id=a -drive file=a,if=virtio,id=a', /cli\/id-twice: -drive has the name "a"/],
  ])('%s is refused', (text, message) => {
    expect(() => devicesOf(text)).toThrow(message);
  });
});

describe('virtio consoles', () => {
  test('a bus has the console and the ports that stand behind it, or that name it', () => {
    const devices = devicesOf('-chardev null,id=a -chardev null,id=b -chardev null,id=c -device virtio-serial-pci,id=first -device virtio-serial,addr=9 '
      + '-device virtserialport,chardev=b,name=agent,bus=first.0 -device virtconsole,chardev=a,bus=first.0 -device virtconsole,chardev=c');
    expect(devices).toMatchObject({
      first: {
        kind: 'virtio/console-pci', config: { ports: ['agent'] },
        services: { out: 'chardev a', in: 'chardev a', out1: 'chardev b', in1: 'chardev b' },
      },
      device1: { config: { slot: 9, ports: [] }, services: { out: 'chardev c' } },
    });
  });

  test('ports without a console leave it leading nowhere', () => {
    expect(devicesOf('-chardev null,id=a -device virtio-serial-pci,id=bus -device virtserialport,chardev=a,name=x')['bus'])
      .toMatchObject({ services: { out: 'nowhere', in: 'nowhere', out1: 'chardev a' } });
  });

  test.each([
    ['-chardev null,id=a -device virtconsole,chardev=a', /virtconsole are wrong: a -device virtio-serial-pci has to stand before it/],
    ['-chardev null,id=a -device virtio-serial-pci -device virtconsole,chardev=a,bus=x.0', /virtio-serial-pci,id=x before it/],
    ['-device virtio-serial-pci -device virtconsole,chardev=a', /cli\/unknown-chardev: -device virtconsole names the channel "a"/],
    ['-chardev null,id=a -device virtio-serial-pci -device virtserialport,chardev=a', /a port without a name/],
    ['-chardev null,id=a -device virtio-serial-pci -device virtserialport,chardev=a,name=x,speed=3', /the setting "speed", which is none of/],
    ['-chardev null,id=a -chardev null,id=b -device virtio-serial-pci -device virtconsole,chardev=a -device virtconsole,chardev=b', /has a console already/],
    ['-device virtio-serial-pci,queue-size=17', /queue-size.*power of two|power of two.*queue-size/],
  ])('%s is refused', (text, message) => {
    expect(() => devicesOf(text)).toThrow(message);
  });
});
