// How many connections one address may have open. This machine and the proxies before it have as many as they need.
import type { Server } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { isLoopback, toNetwork } from '../../callers.ts';
import type { Settings } from '../../config.ts';

const networks: Readonly<Record<string, readonly string[]>> = {
  loopback: [],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

const toBlockList = (proxies: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const network of proxies.flatMap((name) => networks[name] ?? [name])) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return list;
};

/** Ends connections that an address has too many of, before anything is read from them. */
export const limitConnections = (
  server: Server,
  { MAX_CONNECTIONS_PER_ADDRESS: most, TRUST_PROXY }: Settings,
): void => {
  const proxies = toBlockList(TRUST_PROXY);
  const counts = new Map<string, number>();
  server.on('connection', (socket) => {
    const { remoteAddress, remoteFamily } = socket;
    if (remoteAddress === undefined || isLoopback(remoteAddress)) return;
    if (proxies.check(remoteAddress, remoteFamily === 'IPv6' ? 'ipv6' : 'ipv4')) return;
    const address = toNetwork(remoteAddress);
    const count = (counts.get(address) ?? 0) + 1;
    counts.set(address, count);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
    if (count > most) socket.destroy();
  });
};
