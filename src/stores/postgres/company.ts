// One node among others over one schema: it is heard of, hears what they change, and tells them what its batches did.
import { changeTopics, type NodeStore, type OnChange } from '../../nodes.ts';
import type { BatchAccess } from '../batch-access.ts';
import { type Listener, openListener } from './listener.ts';
import { Nodes } from './nodes.ts';
import type { PostgresDatabase } from './open.ts';
import { Wakes } from './wakes.ts';

export interface Company extends NodeStore {
  readonly onChange: OnChange;
  /** As `access`, and others are told of each batch that is stored. */
  telling(access: BatchAccess): BatchAccess;
  leave(): Promise<void>;
}

export const openCompany = (database: PostgresDatabase): Company => {
  const { clock, writerId: nodeId, connecting, pause } = database;
  // As `note_change` names it.
  const channel = `orderchart_${database.schema}`;
  let listener: Listener | undefined;
  /** Not for commands, which come and go. */
  const listen = (): void => {
    listener ??= openListener({
      ...{ connecting, channel, pause },
      heard: (text) => wakes.hear(text),
      listening: () => {
        wakes.pass(changeTopics);
        void nodes.meet();
      },
    });
  };
  const send: Listener['run'] = async (statement) => {
    if (listener === undefined) throw new Error('The node has not joined the others.');
    return listener.run(statement);
  };
  const wakes: Wakes = new Wakes({
    ...{ nodeId, channel, clock, send },
    hasOthers: () => nodes.hasOthers,
    nodesChanged: () => void nodes.beat(),
  });
  const nodes: Nodes = new Nodes({
    ...{ database, clock, send },
    changed: (topics) => wakes.pass(topics),
    tellNodes: () => wakes.tellNodes(),
  });
  return {
    join: (node) => {
      listen();
      return nodes.join(node);
    },
    nodes: nodes.nodes,
    onChange: (follower) => {
      listen();
      return wakes.onChange(follower);
    },
    telling: (access) => ({
      ...access,
      prepare: (write, asked) => {
        const store = access.prepare(write, asked);
        return async () => {
          await store();
          wakes.noteStored(write);
        };
      },
    }),
    leave: async () => {
      await nodes.leave();
      await listener?.close();
    },
  };
};
