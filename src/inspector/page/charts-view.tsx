// The charts that run: each as a picture, its coverage by the model-based tests, its transition matrix, and downloads.
import type { Chart, Coverage } from '../server/protocol.ts';
import { Link, useAddress } from './addresses.tsx';
import { ChartPicture } from './chart-picture.tsx';
import { saveJson, saveMermaid, saveSvg } from './downloads.ts';
import { toCount } from './formats.ts';
import { withWords } from './layout-graph.ts';
import { useAnswer } from './live.ts';
import { Matrix } from './matrix.tsx';

type Versions = Readonly<Record<string, number>>;

const toUse = ([version, count]: readonly [string, number]): string =>
  version === ''
    ? `${toCount(count, 'order')} on an unknown chart version`
    : `${toCount(count, 'order')} in progress`;

/** Orders on unknown versions are incidents: their charts cannot be drawn, but they are not hidden. */
const Use = ({ version, versions }: { version: string; versions: Versions }) => (
  <span className="quiet">
    {toUse([version, versions[version] ?? 0])}
    {Object.entries(versions)
      .filter(([each]) => each === '')
      .map((each) => (
        <Link key={each[0]} to="/inspector/incidents" className="other-version">
          {toUse(each)}
        </Link>
      ))}
  </span>
);

const Covered = ({ chart }: { chart: Chart }) => {
  const report = useAnswer<readonly Coverage[]>('/inspector/api/coverage', 'once') ?? [];
  const rows = report.filter((each) => each.chart === chart.name);
  const missing = rows[0]?.missing ?? [];
  if (rows.length === 0) return null;
  return (
    <section className="card" aria-label="Model coverage">
      <h2>Model test coverage</h2>
      <ul className="coverage">
        {rows.map(({ what, tested, possible }) => (
          <li key={what} className={tested < possible ? 'bad' : 'good'}>
            <b>
              {tested}/{possible}
            </b>{' '}
            {what}
          </li>
        ))}
      </ul>
      {missing.length > 0 && <p>Not covered: {missing.join(', ')}</p>}
    </section>
  );
};

export const ChartsView = ({ charts, versions }: { charts: readonly Chart[]; versions: Versions }) => {
  const { parts } = useAddress();
  const chart =
    charts.find(({ name, version }) => name === parts[1] && version === (parts[2] ?? version)) ?? charts[0];
  if (!chart) return null;
  return (
    <section className="page">
      <header className="row wrap">
        <h1>
          {chart.name} <small>version {chart.version}</small>
        </h1>
        <nav aria-label="Charts" className="tabs">
          {charts
            .filter(({ version }) => version === chart.version)
            .map(({ name, version }) => (
              <Link
                key={name}
                to={`/inspector/charts/${name}/${version}`}
                aria-current={name === chart.name ? 'page' : undefined}
              >
                {name}
              </Link>
            ))}
          {charts
            .filter(({ name, version }) => name === chart.name && version !== chart.version)
            .map(({ name, version }) => (
              <Link key={version} to={`/inspector/charts/${name}/${version}`}>
                version {version}
              </Link>
            ))}
        </nav>
        <Use version={chart.version} versions={versions} />
        <span className="grow" />
        <button type="button" onClick={() => saveSvg(chart)}>
          SVG
        </button>
        <button type="button" onClick={() => saveMermaid(chart)}>
          Mermaid
        </button>
        <button type="button" onClick={() => saveJson(chart)}>
          XState JSON
        </button>
      </header>
      <div className="card picture-card">
        <ChartPicture
          key={`${chart.name} ${chart.version}`}
          chart={chart}
          sizing={withWords}
          firstZoom={1}
          drawing={{}}
        />
      </div>
      <Covered chart={chart} />
      <Matrix chart={chart} />
    </section>
  );
};
