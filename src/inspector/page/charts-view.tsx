// The charts that run: each as a picture, as what every message does in every state, and to take along.
import type { Chart } from '../shapes.ts';
import { Link, useAddress } from './addresses.tsx';
import { ChartPicture } from './chart-picture.tsx';
import type { Sizing } from './layout.ts';

const sizing: Sizing = { direction: 'DOWN', leafHeight: 34, leafWidth: 74, labels: 'words' };

const save = (name: string, type: string, text: string): void => {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
};

/** The picture with the colours that it has now, for it takes no style sheet along. */
const saveSvg = (chart: Chart): void => {
  const shown = document.querySelector(`svg[data-chart="${chart.name}"]`);
  if (!shown) return;
  const copy = shown.cloneNode(true);
  if (!(copy instanceof SVGElement)) return;
  const originals = shown.querySelectorAll('*');
  for (const [index, element] of copy.querySelectorAll('*').entries()) {
    const original = originals[index];
    if (!original) continue;
    const style = getComputedStyle(original);
    for (const name of [
      'fill',
      'stroke',
      'stroke-width',
      'font-size',
      'font-family',
      'font-weight',
      'text-anchor',
    ]) {
      element.setAttribute(name, style.getPropertyValue(name));
    }
  }
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  save(`${chart.name}.svg`, 'image/svg+xml', new XMLSerializer().serializeToString(copy));
};

const toId = (path: string): string => path.replaceAll('.', '__');

const toMermaid = (chart: Chart): string => {
  const draw = (parent: string, indent: string): string[] =>
    chart.nodes
      .filter((node) => node.parent === parent)
      .flatMap((node) => {
        const inner = draw(node.path, `${indent}  `);
        const initial = node.isInitial ? [`${indent}[*] --> ${toId(node.path)}`] : [];
        const name = `state "${node.name}" as ${toId(node.path)}`;
        return inner.length === 0
          ? [`${indent}${name}`, ...initial]
          : [`${indent}${name} {`, ...inner, `${indent}}`, ...initial];
      });
  const edges = chart.edges
    .filter(({ from, to }) => from !== '' && to !== '')
    .map(
      ({ from, to, causes }) =>
        `  ${toId(from)} --> ${toId(to)} : ${causes.map(({ on }) => on || 'always').join(', ')}`,
    );
  return ['stateDiagram-v2', ...draw('', '  '), ...edges].join('\n');
};

const Matrix = ({ chart }: { chart: Chart }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
  <section className="card scroll matrix" tabIndex={0} aria-label="What every message does in every state">
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
                <code>{row.on || 'always'}</code>
              </td>
              <td>
                {row.outcomes
                  .map(({ guard, target }) => (guard === undefined ? target : `${target} if ${guard}`))
                  .join('; ')}
                {row.otherwise !== undefined && <span className="quiet">; otherwise {row.otherwise}</span>}
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  </section>
);

export const ChartsView = ({ charts }: { charts: readonly Chart[] }) => {
  const { parts } = useAddress();
  const chart = charts.find(({ name }) => name === parts[1]) ?? charts[0];
  if (!chart) return null;
  return (
    <section className="page">
      <header className="row">
        <h1>
          {chart.name} <small>version {chart.version}</small>
        </h1>
        <nav aria-label="Charts" className="tabs">
          {charts.map(({ name }) => (
            <Link
              key={name}
              to={`/inspector/charts/${name}`}
              aria-current={name === chart.name ? 'page' : undefined}
            >
              {name}
            </Link>
          ))}
        </nav>
        <span className="grow" />
        <button type="button" onClick={() => saveSvg(chart)}>
          SVG
        </button>
        <button type="button" onClick={() => save(`${chart.name}.mmd`, 'text/plain', toMermaid(chart))}>
          Mermaid
        </button>
        <button
          type="button"
          onClick={() =>
            save(`${chart.name}.json`, 'application/json', JSON.stringify(chart.definition, null, 2))
          }
        >
          XState JSON
        </button>
      </header>
      <div className="card picture-card">
        <ChartPicture key={chart.name} chart={chart} sizing={sizing} firstZoom={1} drawing={{}} />
      </div>
      <Matrix chart={chart} />
    </section>
  );
};
