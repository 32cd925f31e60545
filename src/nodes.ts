// The nodes that run one service over one store: who they are, and how they learn what others changed. The contract between the
// store that knows them and whoever shows or follows them. It decides nothing: orders are right without it.

/** What a node says of itself. */
export interface NodeFacts {
  readonly hostName: string;
  /** The version of the program. */
  readonly release: string;
  /** Those that it knows: it leaves orders on others alone. */
  readonly chartVersions: readonly string[];
  /** ms since 1970. */
  readonly startedAt: number;
}

export interface NodeInfo extends NodeFacts {
  readonly nodeId: string;
  /** When it was heard of last (ms since 1970). */
  readonly heartbeatAt: number;
  /** `lost`: nothing was heard of it for a while. It may be gone, stopped, or cut off: its calls are free when their leases end. */
  readonly state: 'alive' | 'lost';
  /** It is the one that answers. */
  readonly isHere: boolean;
}

/** What nodes need of a store. */
export interface NodeStore {
  /** From now on until the store is closed, the node is shown. */
  join(node: NodeFacts): Promise<void>;
  /** The longest running first. A store for one process answers with that one, `now`. */
  nodes(now: number): Promise<readonly NodeInfo[]>;
}

/** `events`: an order has new ones. `calls`: some wait for any node. The others: keys, holds of services, endpoints of webhooks. */
export const changeTopics = ['events', 'calls', 'keys', 'holds', 'webhooks'] as const;
export type ChangeTopic = (typeof changeTopics)[number];

/** That something was changed by another node, or may have been. What it is now is in the store. */
export interface Change {
  readonly topic: ChangeTopic;
  /** Of `events`: of these orders alone. */
  readonly orderIds?: readonly string[];
}

export type OnChange = (listener: (change: Change) => void) => () => void;
