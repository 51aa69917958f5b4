import { join as cableBetween, link, userNetwork } from '@polyvisor/net';
import { nodeSockets, streamBackend } from '@polyvisor/net/node';

export interface LossyNetwork {
  statistics(): string;
  /** Frames that the link lost. */
  lost(): number;
  close(): void;
}

/** A user network behind a link that loses a share of the frames, for a `-netdev stream` that connects to the Unix socket. */
export async function lossyNetwork(path: string, loss: number): Promise<LossyNetwork> {
  const network = userNetwork({ sockets: nodeSockets() });
  await network.open();
  const stream = await streamBackend({ listen: { path } });
  const lossy = link({ loss, seed: 1 });
  const unplug = [cableBetween(stream, lossy.a), cableBetween(lossy.b, network)];
  return {
    statistics: () => {
      const { a, b } = lossy.statistics;
      return `${a.carried} from the guest and ${a.lost} lost; ${b.carried} to it and ${b.lost} lost`;
    },
    lost: () => lossy.statistics.a.lost + lossy.statistics.b.lost,
    close() {
      for (const each of unplug) each();
      stream.close();
      network.close();
    },
  };
}
