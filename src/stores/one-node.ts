// The nodes of a store that one process alone has open: that process.
import { drawEpoch } from '../clock.ts';
import type { NodeFacts, NodeInfo, NodeStore } from '../nodes.ts';

export const createOneNode = (): NodeStore => {
  const nodeId = drawEpoch();
  let joined: NodeFacts | undefined;
  return {
    join: async (node) => {
      joined = node;
    },
    nodes: async (now): Promise<readonly NodeInfo[]> =>
      joined === undefined ? [] : [{ ...joined, nodeId, heartbeatAt: now, state: 'alive', isHere: true }],
  };
};
