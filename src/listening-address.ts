// Where a server listens, and where it can be reached from this machine, as addresses for people. It opens nothing.
import type { Server } from 'node:net';

/** Where `server` really listens; undefined if it does not, or not on a port. */
export const toListeningAddress = (server: Pick<Server, 'address'>): string | undefined => {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return undefined;
  return `http://${bound.address.includes(':') ? `[${bound.address}]` : bound.address}:${bound.port}`;
};

/** The same for a link: no browser can go to all addresses of a machine. */
export const toLink = (address: string): string =>
  address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
