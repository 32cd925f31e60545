// What every message does in every state of a chart, as a grid, and in full as a list.
import type { Chart } from '../server/protocol.ts';

type Row = Chart['matrix'][number];

const toOutcomes = ({ outcomes, otherwise }: Row): string => {
  const texts = outcomes.map(({ guard, target }) => {
    const next = target === 'stays' ? 'no change' : `→ ${target}`;
    return guard === undefined ? next : `${next} if ${guard}`;
  });
  return [...texts, ...(otherwise === undefined ? [] : [otherwise])].join('; ');
};

const toLast = (path: string): string => path.split('.').at(-1) ?? path;

/** Short enough for a cell: the next states. */
const toShort = ({ outcomes, otherwise }: Row): string => {
  const targets = [...new Set(outcomes.map(({ target }) => (target === 'stays' ? '↺' : toLast(target))))];
  if (targets.length > 0) return targets.join(' ');
  return otherwise === undefined ? '' : otherwise.startsWith('left') ? '↗' : '–';
};

const toName = ({ on, kind }: Row): string =>
  kind === 'always' ? 'always' : kind === 'deadline' ? `${on} passes` : on;

const Grid = ({ chart }: { chart: Chart }) => {
  const states = [...new Set(chart.matrix.map(({ state }) => state))];
  const rows = [...Map.groupBy(chart.matrix, toName)];
  return (
    <table className="grid">
      <thead>
        <tr>
          <th scope="col">message ↓ state →</th>
          {states.map((state) => (
            <th key={state} scope="col">
              <span>{state}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, each]) => {
          const byState = new Map(each.map((row) => [row.state, row]));
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              {states.map((state) => {
                const row = byState.get(state);
                const isTaken = row !== undefined && row.outcomes.length > 0;
                return (
                  <td
                    key={state}
                    className={isTaken ? 'taken' : ''}
                    title={row && `${state}: ${toOutcomes(row)}`}
                  >
                    {row && toShort(row)}
                  </td>
                );
              })}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
};

const List = ({ chart }: { chart: Chart }) => (
  <table>
    <thead>
      <tr>
        <th>State</th>
        <th>Message</th>
        <th>Result</th>
      </tr>
    </thead>
    <tbody>
      {chart.matrix
        .filter(({ outcomes }) => outcomes.length > 0)
        .map((row) => (
          <tr key={`${row.state} ${row.kind} ${row.on}`}>
            <td>{row.state}</td>
            <td>
              <code>{toName(row)}</code>
            </td>
            <td>{toOutcomes(row)}</td>
          </tr>
        ))}
    </tbody>
  </table>
);

export const Matrix = ({ chart }: { chart: Chart }) => (
  <section className="card matrix" aria-label="Transition matrix">
    <h2>Transition matrix</h2>
    <p className="quiet">
      Cells show the next state. ↺ no change; ↗ handled by another region; – ignored, and recorded with the
      reason.
    </p>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
    <section className="scroll" tabIndex={0} aria-label="Matrix, scrolled">
      <Grid chart={chart} />
    </section>
    <details>
      <summary>As a list, with conditions</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <section className="scroll" tabIndex={0} aria-label="List, scrolled">
        <List chart={chart} />
      </section>
    </details>
  </section>
);
