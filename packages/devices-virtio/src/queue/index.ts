export { Chain } from './chain.ts';
export { Virtqueue, type QueueOwner } from './virtqueue.ts';
