import { BlockBackendToken, type BlockBackend } from '@polyvisor/core';
import { virtioMmio } from '../mmio/plugin.ts';
import { virtioPci } from '../pci/plugin.ts';
import { DeviceId } from '../virtio/constants.ts';
import { defineVirtio, type Options } from '../virtio/model.ts';
import { BlkModel, setCapacity, type BlkSetup } from './blk-model.ts';
import { blkOptions } from './config.ts';
import { BlkFeature, ID_BYTES, MAX_RANGE_SECTORS, Offset, SECTOR } from './registers.ts';
import { blkState } from './state.ts';

/** The disk, for any transport. */
export const blk = defineVirtio({
  deviceId: DeviceId.BLK,
  summary: 'A disk (VIRTIO 1.2 §5.2) with several queues, discard, write zeroes and a write cache.',
  classCode: 0x01_0000,
  transitionalId: 0x1001,
  options: blkOptions,
  state: blkState,
  services: () => ({ drive: BlockBackendToken }),
  queues: (config) => Array.from({ length: config['num-queues'] }, () => config['queue-size']),
  create(config, host, saved) {
    const { drive } = host.services;
    const model = new BlkModel(host, setUp(config, drive), saved);
    if ('onResized' in drive) drive.onResized = () => model.resized();
    return model;
  },
});

export const virtioBlkPci = virtioPci('virtio/blk-pci', blk);
export const virtioBlkMmio = virtioMmio('virtio/blk-mmio', blk);

function setUp(options: Options<typeof blkOptions>, backend: BlockBackend): BlkSetup {
  const config = new Uint8Array(Offset.END);
  const view = new DataView(config.buffer);
  const logical = Math.max(options.logical_block_size ?? backend.blockSize, backend.blockSize);
  const physical = Math.max(options.physical_block_size ?? logical, logical);
  setCapacity(config, backend.size);
  // A chain has the header and the status beside its data.
  view.setUint32(Offset.seg_max, options['queue-size'] - 2, true);
  view.setUint32(Offset.blk_size, logical, true);
  view.setUint8(Offset.physical_block_exp, Math.log2(physical / logical));
  view.setUint16(Offset.min_io_size, options.min_io_size / logical, true);
  view.setUint32(Offset.opt_io_size, options.opt_io_size / logical, true);
  view.setUint16(Offset.num_queues, options['num-queues'], true);
  view.setUint32(Offset.max_discard_sectors, MAX_RANGE_SECTORS, true);
  view.setUint32(Offset.max_discard_seg, 1, true);
  view.setUint32(Offset.discard_sector_alignment, logical / SECTOR, true);
  view.setUint32(Offset.max_write_zeroes_sectors, MAX_RANGE_SECTORS, true);
  view.setUint32(Offset.max_write_zeroes_seg, 1, true);
  view.setUint8(Offset.write_zeroes_may_unmap, 1);
  const readOnly = options['read-only'] || backend.readOnly;
  const features: number[] = [BlkFeature.SEG_MAX, BlkFeature.BLK_SIZE, BlkFeature.FLUSH, BlkFeature.TOPOLOGY];
  if (readOnly) features.push(BlkFeature.RO);
  if (options['config-wce']) features.push(BlkFeature.CONFIG_WCE);
  if (options['num-queues'] > 1) features.push(BlkFeature.MQ);
  if (options.discard && !readOnly) features.push(BlkFeature.DISCARD);
  if (options['write-zeroes'] && !readOnly) features.push(BlkFeature.WRITE_ZEROES);
  const serial = new Uint8Array(ID_BYTES);
  serial.set(new TextEncoder().encode(options.serial).subarray(0, ID_BYTES));
  return { backend, config, features, readOnly, serial };
}
