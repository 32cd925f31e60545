// All orders at once on the chart that runs them: how many are in each state, for how long, and what moves.
import { useMemo } from 'react';
import type { Slo, SloFigures } from '../../slo.ts';
import type { ApplicationInfo, ChartNode, FlowFrame, FlowState, Sample } from '../server/protocol.ts';
import { go, Link, toPublic, useAddress } from './addresses.tsx';
import { ChartPicture, type Drawing } from './chart-picture.tsx';
import { FlowFilters, readFilter } from './flow-filter.tsx';
import { toCount, toDuration, toPercent, toShortDuration, toSloText } from './formats.ts';
import { type Route, withCounts } from './layout-graph.ts';
import { OrdersInFlight, SettledOrders } from './orders-in-state.tsx';
import { createFold, findEnds, toOverview } from './overview.ts';
import { Plots } from './plots.tsx';

const nobody: FlowState = { count: 0, incidents: 0, medianMs: 0, oldestMs: 0 };

type Fold = (path: string) => string;

interface Passages {
  readonly now: number;
  readonly recent: number;
}
const sumUpEdges = (frame: FlowFrame | undefined, fold: Fold): ReadonlyMap<string, Passages> => {
  const sums = new Map<string, Passages>();
  for (const [id, { now, recent }] of Object.entries(frame?.edges ?? {})) {
    const folded = id.split('>').map(fold).join('>');
    const known = sums.get(folded) ?? { now: 0, recent: 0 };
    sums.set(folded, { now: known.now + now, recent: known.recent + recent });
  }
  return sums;
};

/** A state's objective, and whether it was met in the last hour. */
const SloLine = ({ slo, figures, width }: { slo: Slo; figures: SloFigures | undefined; width: number }) => {
  const { left = 0, within = 0 } = figures ?? {};
  const isMet = within >= left * slo.share;
  const found = left === 0 ? '' : `: ${toPercent(within / left)} ${isMet ? '✓' : '✗'}`;
  return (
    <text className={`slo ${left === 0 ? 'idle' : isMet ? 'met' : 'missed'}`} x={width / 2} y={70}>
      <title>{toSloText(slo, figures)}</title>
      {`${toPercent(slo.share)} in ${toShortDuration(slo.withinMs)}${found}`}
    </text>
  );
};

const StateCount = ({
  node,
  here,
  total,
  slo,
  width,
}: {
  node: ChartNode;
  here: FlowState;
  total: number | undefined;
  slo: SloFigures | undefined;
  width: number;
}) => {
  const isInner = node.kind === 'atomic' || node.kind === 'final';
  const count = total ?? here.count;
  if (!isInner) {
    return (
      <text className="side" x={26 + node.name.length * 7.4} y={21}>
        {count === 0 ? '' : count.toLocaleString('en')}
      </text>
    );
  }
  return (
    <>
      <text className={count === 0 ? 'count none' : 'count'} x={width / 2} y={41}>
        {count.toLocaleString('en')}
      </text>
      {here.count > 0 && (
        <text className="age" x={width / 2} y={55}>
          {toShortDuration(here.medianMs)} · {toShortDuration(here.oldestMs)}
        </text>
      )}
      {node.slo && <SloLine slo={node.slo} figures={slo} width={width} />}
      {here.incidents > 0 && <circle className="alarm" cx={10} cy={10} r={5} />}
    </>
  );
};

const mostDots = 4;

/** The orders that took an edge in the last second, as a few moving dots, and their number in the window. */
const EdgeCount = ({ route, passages, at }: { route: Route; passages: Passages | undefined; at: number }) => {
  const { now = 0, recent = 0 } = passages ?? {};
  const { x, y } = route.label;
  return (
    <>
      {recent > 0 && (
        <text className="label through" x={x} y={y + 3.5}>
          {recent.toLocaleString('en')}
        </text>
      )}
      {Array.from({ length: Math.min(now, mostDots) }, (_, index) => (
        <circle key={`${at}-${String(index)}`} className="dot" r={4}>
          <animateMotion dur="0.9s" begin={`${index * 0.18}s`} path={route.path} fill="freeze" />
        </circle>
      ))}
    </>
  );
};

const toDrawing = (
  frame: FlowFrame | undefined,
  fold: Fold,
  ends: readonly ChartNode[],
  selected: string | undefined,
  filter: URLSearchParams,
): Drawing => {
  const states = frame?.states ?? {};
  const edges = sumUpEdges(frame, fold);
  return {
    active: new Set(Object.keys(states)),
    taken: new Set(edges.keys()),
    selected,
    renderState: (node, width) => {
      const isEnd = ends.some(({ path }) => path === node.path);
      const total = isEnd ? (frame?.totals[node.path] ?? 0) : undefined;
      const slo = frame?.slos.find(({ state }) => state === node.path);
      return <StateCount node={node} here={states[node.path] ?? nobody} {...{ total, slo, width }} />;
    },
    renderEdge: (route) => (
      <EdgeCount route={route} passages={edges.get(route.edge.id)} at={frame?.at ?? 0} />
    ),
    onState: (node) => go(`/inspector?${new URLSearchParams([...filter, ['state', node.path]])}`),
  };
};

const Figure = ({ name, value, tone = '' }: { name: string; value: number | string; tone?: string }) => (
  <div className={`figure ${tone}`}>
    <b>{typeof value === 'number' ? value.toLocaleString('en') : value}</b>
    <span>{name}</span>
  </div>
);

const Services = ({ frame }: { frame: FlowFrame | undefined }) => (
  <ul className="services" aria-label="Services in the last 5 minutes">
    {(frame?.services ?? []).map(({ name, replies, failures }) => {
      const health =
        replies === 0 ? 'idle' : failures / replies > 0.2 ? 'bad' : failures > 0 ? 'warn' : 'good';
      return (
        <li key={name}>
          <i className={`light ${health}`} />
          {name === 'store' ? <span>{name}</span> : <Link to="/inspector/services">{name}</Link>}
          <span className="quiet">
            {replies === 0
              ? 'idle'
              : `${toCount(replies, name === 'store' ? 'commit' : 'reply', name === 'store' ? 'commits' : 'replies')}, ${failures.toLocaleString('en')} failed`}
          </span>
        </li>
      );
    })}
  </ul>
);

const Legend = ({ countedMs }: { countedMs: number }) => (
  <ul className="legend" aria-label="What the colours mean">
    {[
      ['doing', 'in progress'],
      ['undoing', 'compensating'],
      ['good', 'succeeded'],
      ['settled', 'ended otherwise'],
      ['incident', 'open incident'],
    ].map(([tone, text]) => (
      <li key={tone}>
        <i className={`swatch ${tone}`} />
        {text}
      </li>
    ))}
    <li>
      <b>12</b> orders in this state, with median and longest time
    </li>
    <li>
      <span className="slo-sample">95 % in 2 s: 99 % ✓</span> objective, and the share in the last hour
    </li>
    <li>
      <span className="label-sample">34</span> transitions in the last {toDuration(countedMs)}
    </li>
  </ul>
);

/** What the picture alone does not show. */
const Hint = ({ frame, hasDocs }: { frame: FlowFrame | undefined; hasDocs: boolean }) => {
  if (frame === undefined) return null;
  const { inFlight, isFiltered, isTruncated, isLoading, totals } = frame;
  if (isLoading) return <p className="hint">Loading the orders in progress…</p>;
  if (isTruncated)
    return <p className="hint">Too many orders in progress: only {toCount(inFlight, 'order')} are shown.</p>;
  if (isFiltered) return <p className="hint">Ended orders are counted from the moment the filter was set.</p>;
  if (inFlight > 0 || Object.keys(totals).length > 0) return null;
  return (
    <p className="hint">
      No orders yet.
      {hasDocs && (
        <>
          {' '}
          The <a href={toPublic('/docs')}>API documentation</a> shows how to place one.
        </>
      )}
    </p>
  );
};

/** Orders on other chart versions may be in states that the drawn chart does not have. */
const OtherVersions = ({
  frame,
  drawn,
  filter,
}: {
  frame: FlowFrame | undefined;
  drawn: string | undefined;
  filter: URLSearchParams;
}) => {
  const others = Object.entries(frame?.versions ?? {}).filter(
    ([version]) => version !== drawn && version !== '',
  );
  if (others.length === 0) return null;
  return (
    <p className="hint">
      The chart is version {drawn}. Also in progress:{' '}
      {others.map(([version, count]) => (
        <a
          key={version}
          href={toPublic(`/inspector?${new URLSearchParams([...filter, ['chartVersion', version]])}`)}
        >{`${toCount(count, 'order')} on version ${version}`}</a>
      ))}
    </p>
  );
};

const [right, down] = [withCounts('RIGHT'), withCounts('DOWN')];

export const FlowView = ({
  application,
  frame,
  samples,
  isNarrow,
}: {
  application: ApplicationInfo;
  frame: FlowFrame | undefined;
  samples: readonly Sample[];
  isNarrow: boolean;
}) => {
  const { query } = useAddress();
  const selected = query.get('state') ?? undefined;
  const filter = readFilter(query);
  const version = filter.get('chartVersion');
  const { chart, fold, ends } = useMemo(() => {
    const charts = application.charts.filter(({ name }) => name === application.mainActor);
    const whole = charts.find((each) => each.version === version) ?? charts[0];
    if (whole === undefined) return { chart: whole, fold: (path: string) => path, ends: [] };
    return { chart: toOverview(whole), fold: createFold(whole), ends: findEnds(whole) };
  }, [application, version]);
  const sizing = isNarrow ? down : right;
  const totals = frame?.totals ?? {};
  return (
    <div className="flow">
      <section className="main">
        <h1 className="hidden">Flow of all orders</h1>
        <FlowFilters query={query} application={application} />
        <Hint frame={frame} hasDocs={application.hasDocs} />
        <OtherVersions frame={frame} drawn={chart?.version} filter={filter} />
        <div className="figures">
          <Figure name="in progress" value={frame?.inFlight ?? 0} />
          {ends.map(({ path, tone }) => (
            <Figure key={path} name={path} value={totals[path] ?? 0} tone={tone === 'good' ? 'good' : ''} />
          ))}
          <Figure name="open incidents" value={frame?.incidents ?? 0} tone={frame?.incidents ? 'bad' : ''} />
        </div>
        <div className="card picture-card">
          <ChartPicture
            chart={chart}
            sizing={sizing}
            drawing={toDrawing(frame, fold, ends, selected, filter)}
          />
          <Legend countedMs={frame?.countedMs ?? 0} />
        </div>
        {selected !== undefined &&
          (ends.some(({ path }) => path === selected) ? (
            <SettledOrders path={selected} filter={filter} now={frame?.at ?? 0} />
          ) : (
            <OrdersInFlight
              key={selected}
              {...{ application, filter }}
              path={selected}
              now={frame?.at ?? 0}
            />
          ))}
      </section>
      <aside>
        <Services frame={frame} />
        <Plots samples={samples} />
      </aside>
    </div>
  );
};
