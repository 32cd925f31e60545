// A line between a node and the store that it shares on which nothing takes time or fails.
import type { NodeLink } from '../../src/node-link.ts';

export const directLink: NodeLink = {
  ask: async (read) => read(),
  send: (carryOut) => carryOut(),
  pause: async () => {},
  noteStored: async () => {},
  saw: () => {},
};
