export { netErrors } from './errors.ts';
export { platformScheduler, type Scheduler } from './time/scheduler.ts';
export {
  HostSocketError, type HostAddress, type HostFailure, type HostListener, type HostSockets, type HostTcp, type HostTcpEvents,
  type HostUdp, type HostUdpEvents,
} from './host/host-sockets.ts';
export { MemoryHost, type MemoryPeer } from './host/memory-host.ts';
export { formatHostForward, parseGuestForward, parseHostForward, type GuestForward, type HostForward } from './user/forwards.ts';
export type { ActiveForward } from './user/forwarding.ts';
export type { UserIpv4Options, UserIpv6Options, UserLimits, UserNetworkOptions } from './user/options.ts';
export { userNetwork, type UserNetwork, type UserNetworkStatistics } from './user/user-network.ts';
export { join, link, type Impairments, type Link, type LinkOptions, type LinkStatistics } from './link/link.ts';
export { VirtualSwitch, type PortOptions, type PortStatistics, type PortVlan, type SwitchOptions, type SwitchPort } from './switch/virtual-switch.ts';
export { capture, type CaptureOptions } from './capture/capture.ts';
export { PcapWriter, readPcap, type CaptureSink, type CapturedFrame } from './capture/pcap.ts';
