import { NetBackendToken } from '@polyvisor/core';
import { virtioMmio } from '../mmio/plugin.ts';
import { virtioPci } from '../pci/plugin.ts';
import { DeviceId } from '../virtio/constants.ts';
import { defineVirtio, type Options } from '../virtio/model.ts';
import { netOptions } from './config.ts';
import { NetModel } from './net-model.ts';
import { NetFeature } from './registers.ts';
import { netState } from './state.ts';

/** Descriptors of the control queue; QEMU has as many. */
const CONTROL_SIZE = 64;

/** The network card, for any transport. */
export const net = defineVirtio({
  deviceId: DeviceId.NET,
  summary: 'A network card (VIRTIO 1.2 §5.1) with checksum and segmentation offloads, filters and several queues.',
  classCode: 0x02_0000,
  transitionalId: 0x1000,
  options: netOptions,
  state: netState,
  services: () => ({ netdev: NetBackendToken }),
  queues: (config) => [
    ...Array.from({ length: config.queues }, () => [config.rx_queue_size, config.tx_queue_size]).flat(),
    ...(config.ctrl_vq ? [CONTROL_SIZE] : []),
  ],
  create(config, host, saved) {
    const backend = host.services.netdev;
    const mac = config.mac.split(':').map((pair) => Number.parseInt(pair, 16));
    const model = new NetModel(host, { backend, features: features(config), mac, pairs: config.queues, log: host.log }, saved);
    backend.attach(model);
    if ('onLink' in backend) backend.onLink = () => model.linkChanged();
    return model;
  },
});

export const virtioNetPci = virtioPci('virtio/net-pci', net);
export const virtioNetMmio = virtioMmio('virtio/net-mmio', net);

function features(config: Options<typeof netOptions>): number[] {
  const control = config.ctrl_vq;
  const wanted: readonly (readonly [boolean, number])[] = [
    [config.csum, NetFeature.CSUM],
    [config.guest_csum, NetFeature.GUEST_CSUM],
    // Segments need checksums (§5.1.3.1).
    [config.guest_csum && config.guest_tso4, NetFeature.GUEST_TSO4],
    [config.guest_csum && config.guest_tso6, NetFeature.GUEST_TSO6],
    [config.guest_csum && config.guest_ecn && (config.guest_tso4 || config.guest_tso6), NetFeature.GUEST_ECN],
    [config.csum && config.host_tso4, NetFeature.HOST_TSO4],
    [config.csum && config.host_tso6, NetFeature.HOST_TSO6],
    [config.csum && config.host_ecn && (config.host_tso4 || config.host_tso6), NetFeature.HOST_ECN],
    [config.mrg_rxbuf, NetFeature.MRG_RXBUF],
    [config.status, NetFeature.STATUS],
    [control, NetFeature.CTRL_VQ],
    [control && config.ctrl_rx, NetFeature.CTRL_RX],
    [control && config.ctrl_vlan, NetFeature.CTRL_VLAN],
    [control && config.ctrl_rx_extra, NetFeature.CTRL_RX_EXTRA],
    [control && config.ctrl_mac_addr, NetFeature.CTRL_MAC_ADDR],
    [control && config.ctrl_guest_offloads, NetFeature.CTRL_GUEST_OFFLOADS],
    [control && config.guest_announce, NetFeature.GUEST_ANNOUNCE],
    [control && config.queues > 1, NetFeature.MQ],
  ];
  return [NetFeature.MAC, NetFeature.MTU, ...wanted.filter(([on]) => on).map(([, bit]) => bit)];
}
