// All orders at once on the chart that runs them: who is where, for how long, and what moves.
import { useMemo } from 'react';
import type { Chart, ChartNode, FlowFrame, FlowState, Sample } from '../shapes.ts';
import { go, useAddress } from './addresses.tsx';
import { ChartPicture, type Drawing } from './chart-picture.tsx';
import { FlowFilters, readFilter } from './flow-filter.tsx';
import { toDuration, toShortDuration } from './formats.ts';
import { type Route, withCounts } from './layout-graph.ts';
import { MovingOrders, SettledOrders } from './orders-in-state.tsx';
import { createFold, toOverview } from './overview.ts';
import { Plots } from './plots.tsx';

const nobody: FlowState = { count: 0, incidents: 0, medianMs: 0, oldestMs: 0 };

type Fold = (path: string) => string;

interface Through {
  readonly now: number;
  readonly recent: number;
}
const sumUpEdges = (frame: FlowFrame | undefined, fold: Fold): ReadonlyMap<string, Through> => {
  const sums = new Map<string, Through>();
  for (const [id, { now, recent }] of Object.entries(frame?.edges ?? {})) {
    const folded = id.split('>').map(fold).join('>');
    const known = sums.get(folded) ?? { now: 0, recent: 0 };
    sums.set(folded, { now: known.now + now, recent: known.recent + recent });
  }
  return sums;
};

const settledNames = ['completed', 'rejected', 'failed', 'cancelled'];

const StateCount = ({
  node,
  here,
  total,
  width,
}: {
  node: ChartNode;
  here: FlowState;
  total: number | undefined;
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
      {here.incidents > 0 && <circle className="alarm" cx={10} cy={10} r={5} />}
    </>
  );
};

const mostDots = 4;

/** Orders that went along an edge in the last second, as a few dots on the way, and how many did lately. */
const EdgeCount = ({ route, through, at }: { route: Route; through: Through | undefined; at: number }) => {
  const { now = 0, recent = 0 } = through ?? {};
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
      const total = settledNames.includes(node.path) ? (frame?.totals[node.path] ?? 0) : undefined;
      return <StateCount node={node} here={states[node.path] ?? nobody} total={total} width={width} />;
    },
    renderEdge: (route) => <EdgeCount route={route} through={edges.get(route.edge.id)} at={frame?.at ?? 0} />,
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
  <ul className="services" aria-label="Services">
    {(frame?.services ?? []).map(({ name, answers, troubles }) => {
      const health =
        answers === 0 ? 'idle' : troubles / answers > 0.2 ? 'bad' : troubles > 0 ? 'warn' : 'good';
      return (
        <li key={name}>
          <i className={`light ${health}`} />
          <span>{name}</span>
          <span className="quiet">
            {answers === 0
              ? 'not asked lately'
              : `${answers.toLocaleString('en')} answers, ${troubles} in trouble`}
          </span>
        </li>
      );
    })}
  </ul>
);

const Legend = ({ countedMs }: { countedMs: number }) => (
  <ul className="legend" aria-label="What the colours mean">
    {[
      ['doing', 'under way'],
      ['undoing', 'giving back'],
      ['good', 'completed'],
      ['settled', 'ended otherwise'],
      ['incident', 'waits for a person'],
    ].map(([tone, text]) => (
      <li key={tone}>
        <i className={`swatch ${tone}`} />
        {text}
      </li>
    ))}
    <li>
      <b>12</b> orders here, with their median and oldest age
    </li>
    <li>
      <span className="label-sample">34</span> went this way in the last {toDuration(countedMs)}
    </li>
  </ul>
);

/** What the picture alone doesn't say. */
const Hint = ({ frame }: { frame: FlowFrame | undefined }) => {
  if (frame === undefined) return null;
  const { inFlight, isFiltered, isCut, isLearning, totals } = frame;
  if (isLearning) return <p className="hint">Still reading which orders were under way before …</p>;
  if (isCut)
    return (
      <p className="hint">More orders are under way than are shown: these are the first that were found.</p>
    );
  if (isFiltered)
    return <p className="hint">Of these orders, those are counted as ended that ended since you look.</p>;
  if (inFlight > 0 || Object.keys(totals).length > 0) return null;
  return (
    <p className="hint">
      No orders yet. Place one (<a href="/docs">POST /orders</a>), and it moves here.
    </p>
  );
};

const [right, down] = [withCounts('RIGHT'), withCounts('DOWN')];

export const FlowView = ({
  charts,
  frame,
  samples,
  isNarrow,
}: {
  charts: readonly Chart[];
  frame: FlowFrame | undefined;
  samples: readonly Sample[];
  isNarrow: boolean;
}) => {
  const { query } = useAddress();
  const selected = query.get('state') ?? undefined;
  const filter = readFilter(query);
  const whole = charts.find(({ name }) => name === 'order');
  const { chart, fold } = useMemo(
    () => ({ chart: whole && toOverview(whole), fold: whole ? createFold(whole) : (path: string) => path }),
    [whole],
  );
  const sizing = isNarrow ? down : right;
  const totals = frame?.totals ?? {};
  return (
    <div className="flow">
      <section className="main">
        <h1 className="hidden">Flow of all orders</h1>
        <FlowFilters query={query} charts={charts} />
        <Hint frame={frame} />
        <div className="figures">
          <Figure name="under way" value={frame?.inFlight ?? 0} />
          <Figure name="completed" value={totals['completed'] ?? 0} tone="good" />
          <Figure name="failed" value={totals['failed'] ?? 0} />
          <Figure
            name="rejected or cancelled"
            value={(totals['rejected'] ?? 0) + (totals['cancelled'] ?? 0)}
          />
          <Figure
            name="wait for a person"
            value={frame?.incidents ?? 0}
            tone={frame?.incidents ? 'bad' : ''}
          />
        </div>
        <div className="card picture-card">
          <ChartPicture chart={chart} sizing={sizing} drawing={toDrawing(frame, fold, selected, filter)} />
          <Legend countedMs={frame?.countedMs ?? 0} />
        </div>
        {selected !== undefined &&
          (settledNames.includes(selected) ? (
            <SettledOrders path={selected} filter={filter} now={frame?.at ?? 0} />
          ) : (
            <MovingOrders key={selected} path={selected} filter={filter} now={frame?.at ?? 0} />
          ))}
      </section>
      <aside>
        <Services frame={frame} />
        <Plots samples={samples} />
      </aside>
    </div>
  );
};
