// What every message does in every state of a chart, as a grid, and in full as a list.
import type { Chart } from '../shapes.ts';

type Row = Chart['matrix'][number];

const toOutcomes = ({ outcomes, otherwise }: Row): string => {
  const said = outcomes.map(({ guard, target }) => {
    const where = target === 'stays' ? 'stays' : `→ ${target}`;
    return guard === undefined ? where : `${where} if ${guard}`;
  });
  return [...said, ...(otherwise === undefined ? [] : [otherwise])].join('; ');
};

const toLast = (path: string): string => path.split('.').at(-1) ?? path;

/** As short as a cell: where it can lead. */
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
          <th scope="col">comes ↓ in →</th>
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
        <th>In</th>
        <th>comes</th>
        <th>and leads to</th>
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
  <section className="card matrix" aria-label="What every message does in every state">
    <h2>What every message does in every state</h2>
    <p className="quiet">
      A state's name: that is where it leads. ↺ it stays. ↗ left to another part. – it is ignored, and
      recorded with the reason.
    </p>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
    <section className="scroll" tabIndex={0} aria-label="The grid, scrolled">
      <Grid chart={chart} />
    </section>
    <details>
      <summary>In full, with the conditions</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <section className="scroll" tabIndex={0} aria-label="The list, scrolled">
        <List chart={chart} />
      </section>
    </details>
  </section>
);
