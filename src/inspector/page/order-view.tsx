// One order: why it is where it is, its four charts with the way that it took, its timeline, its messages,
// what it remembers and what it would do next. What is shown is the order as it was at the chosen point.
import { useCallback, useMemo, useState } from 'react';
import { type ActorName, actorNames } from '../../../machines/messages.ts';
import type { Chart, Point } from '../shapes.ts';
import { go, toOrder, useAddress } from './addresses.tsx';
import { ChartPicture } from './chart-picture.tsx';
import { type Contexts, explain } from './explain.ts';
import { toClock, toDuration, toMoney } from './formats.ts';
import { withWords } from './layout-graph.ts';
import { useNow, useTimeline } from './live.ts';
import { Moves } from './moves.tsx';
import { Sequence } from './sequence.tsx';
import { Timeline } from './timeline.tsx';
import { WhatIf } from './what-if.tsx';

/** What each actor remembered after `points`: the last that was said of it. */
const toContexts = (points: readonly Point[]): Contexts =>
  Object.assign({}, ...points.map(({ contexts }) => contexts));

const toTaken = (points: readonly Point[], chart: string): ReadonlySet<string> =>
  new Set(points.flatMap(({ taken }) => taken[chart] ?? []));

const toActive = ({ view }: Point, actor: ActorName): ReadonlySet<string> =>
  new Set(view.actors[actor].state.split(' + '));

/** At this size the words at the edges can be read. */
const legible = 0.9;

const ActorChart = ({ chart, points }: { chart: Chart; points: readonly Point[] }) => {
  const point = points.at(-1);
  const actor = actorNames.find((name) => name === chart.name);
  if (point === undefined || actor === undefined) return null;
  const { state, settled } = point.view.actors[actor];
  return (
    <section className="card actor" aria-label={`Chart of the ${actor}`}>
      <header className="row">
        <h2>{actor}</h2>
        <span className={settled ? 'badge settled' : 'badge doing'}>{state}</span>
      </header>
      <ChartPicture
        chart={chart}
        sizing={withWords}
        firstZoom={legible}
        drawing={{
          active: toActive(point, actor),
          taken: toTaken(points, chart.name),
          last: toTaken([point], chart.name),
        }}
      />
    </section>
  );
};

const Deadlines = ({ point, now }: { point: Point; now: number }) => (
  <ul className="deadlines" aria-label="Deadlines">
    {point.view.deadlines.map(({ actor, name, dueAt }) => (
      <li key={`${actor} ${name}`}>
        <span>
          {actor} <code>{name}</code>
        </span>
        <b>{dueAt > now ? toDuration(dueAt - now) : 'due'}</b>
      </li>
    ))}
  </ul>
);

const Json = ({ value, name }: { value: unknown; name: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
  <section className="scroll json" tabIndex={0} aria-label={name}>
    <pre>{JSON.stringify(value, null, 1)}</pre>
  </section>
);

const Remembered = ({ contexts, point }: { contexts: Contexts; point: Point }) => (
  <section className="card" aria-label="What it remembers">
    <h2>The last message</h2>
    <Json name="The last message" value={{ type: point.type, ...point.data }} />
    <h2>Context</h2>
    {actorNames.map((name) => (
      <details key={name} open={name === 'order'}>
        <summary>{name}</summary>
        <Json name={`Context of the ${name}`} value={contexts[name]} />
      </details>
    ))}
  </section>
);

const Summary = ({
  point,
  contexts,
  now,
  isLive,
  supposed,
}: {
  point: Point;
  contexts: Contexts;
  now: number;
  isLive: boolean;
  supposed: number;
}) => {
  const { view } = point;
  const at = isLive ? now : point.at;
  const { tone, summary, lines } = explain(point, contexts, at);
  return (
    <section className={`card summary ${tone}`} aria-label="Summary">
      <p className="quiet">
        <code>{view.id}</code> · {view.customerId} · {toMoney(view.amount, view.currency)} · placed{' '}
        {toClock(view.createdAt)}
        {view.refundedAmount > 0 && ` · ${toMoney(view.refundedAmount, view.currency)} refunded`}
      </p>
      <h1>
        <span className={`badge ${tone}`}>{view.state}</span> <span>{summary}</span>
      </h1>
      {lines.length > 1 && (
        <ul className="lines">
          {lines.map(({ actor, text }) => (
            <li key={actor}>
              <b>{actor}</b> {text}
            </li>
          ))}
        </ul>
      )}
      {!isLive && (
        <p className="past">
          {supposed > 0
            ? `Supposed: ${supposed} message(s) that never came`
            : `As it was at ${toClock(point.at)}`}
        </p>
      )}
      {isLive && <Moves view={view} />}
      {isLive && <Deadlines point={point} now={now} />}
    </section>
  );
};

/** The chosen point: by its version in the address, or the latest. */
const useSelection = (orderId: string, points: readonly Point[]) => {
  const { query } = useAddress();
  const wanted = query.get('at');
  const found = wanted === null ? -1 : points.findIndex(({ version }) => version === Number(wanted));
  const select = useCallback(
    (index: number | undefined) =>
      go(toOrder(orderId, index === undefined ? undefined : points[index]?.version), true),
    [orderId, points],
  );
  return { index: found === -1 ? points.length - 1 : found, isLatest: found === -1, select };
};

const Body = ({
  orderId,
  charts,
  points,
  now,
}: {
  orderId: string;
  charts: readonly Chart[];
  points: readonly Point[];
  now: number;
}) => {
  const { index, isLatest, select } = useSelection(orderId, points);
  const [supposed, setSupposed] = useState<readonly Point[]>([]);
  const shown = useMemo(() => [...points.slice(0, index + 1), ...supposed], [points, index, supposed]);
  const contexts = useMemo(() => toContexts(shown), [shown]);
  const chosen = points[index];
  const point = shown.at(-1);
  if (point === undefined || chosen === undefined) return null;
  return (
    <div className={supposed.length > 0 ? 'order supposing' : 'order'}>
      <Summary
        point={point}
        contexts={contexts}
        now={now}
        isLive={isLatest && supposed.length === 0}
        supposed={supposed.length}
      />
      <Timeline points={points} selected={index} isLatest={isLatest} onSelect={select} />
      <div className="charts">
        {charts.map((chart) => (
          <ActorChart key={chart.name} chart={chart} points={shown} />
        ))}
      </div>
      <div className="beside">
        <WhatIf key={chosen.version} orderId={orderId} version={chosen.version} onSuppose={setSupposed} />
        <Remembered contexts={contexts} point={point} />
      </div>
      <section className="card wide" aria-label="Sequence">
        <h2>Messages</h2>
        <Sequence
          points={shown}
          onVersion={(version) => select(points.findIndex((each) => each.version === version))}
        />
      </section>
    </div>
  );
};

export const OrderView = ({ orderId, charts }: { orderId: string; charts: readonly Chart[] }) => {
  const { points, offset, broken, connection } = useTimeline(orderId);
  const now = useNow() + offset;
  if (points.length === 0) {
    const isGone = connection === 'offline';
    return <p className="quiet pad">{isGone ? 'This order cannot be read now.' : 'Reading the order …'}</p>;
  }
  return (
    <>
      {broken !== undefined && <p role="alert">{broken}</p>}
      <Body orderId={orderId} charts={charts} points={points} now={now} />
    </>
  );
};
