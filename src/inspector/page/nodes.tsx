// The nodes that run the service: one line for each.
import type { components } from '../../client.ts';
import { toDuration } from './formats.ts';
import { useAnswer } from './live.ts';

type Node = components['schemas']['Node'];

/** Read again whenever `version` changes. */
export const useNodes = (version: unknown): readonly Node[] | undefined =>
  useAnswer<{ readonly nodes: readonly Node[] }>('/nodes', version)?.nodes;

const NodeLine = ({ node, now }: { node: Node; now: number }) => {
  const { id, hostName, release, chartVersions, startedAt, heartbeatAt, state, isHere } = node;
  const heard = toDuration(Math.max(0, now - Date.parse(heartbeatAt)));
  return (
    <tr aria-label={`Node ${id}`}>
      <td>
        <code>{hostName}</code> {isHere && <span className="quiet">answers this page</span>}
      </td>
      <td>
        <span className={`badge ${state === 'alive' ? 'good' : 'bad'}`}>{state}</span>
      </td>
      <td>{release}</td>
      <td>{chartVersions.join(', ')}</td>
      <td>{toDuration(Math.max(0, now - Date.parse(startedAt)))}</td>
      <td>{state === 'alive' ? 'now' : `${heard} ago`}</td>
      <td>
        <code className="quiet">{id.slice(-8)}</code>
      </td>
    </tr>
  );
};

export const Nodes = ({ nodes, now }: { nodes: readonly Node[]; now: number }) => (
  <section aria-label="Nodes" className="card">
    <table className="nodes">
      <thead>
        <tr>
          {['Node', 'State', 'Release', 'Chart versions', 'Runs for', 'Heard of', 'Id'].map((title) => (
            <th key={title}>{title}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {nodes.map((node) => (
          <NodeLine key={node.id} {...{ node, now }} />
        ))}
      </tbody>
    </table>
  </section>
);
