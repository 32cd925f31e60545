// The nodes that run the service over one store. It changes none.
import { z } from 'zod';
import { toIsoTime } from '../clock.ts';
import type { NodeInfo } from '../nodes.ts';
import type { Api, EdgeDependencies } from './edge/dependencies.ts';
import { json, problems } from './edge/responses.ts';
import { components, instant } from './edge/schemas.ts';

const node = z
  .strictObject({
    id: z.string(),
    hostName: z.string(),
    release: z.string().describe('the version of the program'),
    chartVersions: z
      .array(z.string())
      .describe('chart versions that it knows: it leaves orders on others alone'),
    startedAt: instant,
    heartbeatAt: instant.describe('when it was heard of last'),
    state: z
      .enum(['alive', 'lost'])
      .describe(
        'lost: nothing was heard of it for 10 s. It is gone, stopped or cut off: what it was about to do, others do when its leases end',
      ),
    isHere: z.boolean().describe('it is the one that answers'),
  })
  .register(components, { id: 'Node', description: 'A process that runs the service' });

const toNode = ({ nodeId: id, startedAt, heartbeatAt, chartVersions, ...facts }: NodeInfo) => ({
  id,
  ...facts,
  chartVersions: [...chartVersions],
  startedAt: toIsoTime(startedAt),
  heartbeatAt: toIsoTime(heartbeatAt),
});

export const addNodes = (api: Api, { host }: Pick<EdgeDependencies, 'host'>): void => {
  api.get(
    '/nodes',
    {
      config: { access: 'orders:read' },
      schema: {
        operationId: 'listNodes',
        summary: 'The nodes that run the service over this store',
        description:
          'Over SQLite that is the one that answers. Over PostgreSQL each node is heard of every second by the time of the database; one that ends is gone from the list, one that was lost is shown for a day.',
        tags: ['operations'],
        response: {
          200: json('All nodes, the longest running first', z.strictObject({ nodes: z.array(node) })),
          ...problems('store-unavailable'),
        },
      },
    },
    async () => ({ nodes: (await host.nodes()).map(toNode) }),
  );
};
