// One order: what it is doing and why, its charts with the path that it took, its timeline, messages and contexts, and
// what could come next. It shows the order as it was at the selected point.
import { useCallback, useMemo, useState } from 'react';
import type { ApplicationInfo, Chart, Point } from '../server/protocol.ts';
import { go, toOrder, useAddress } from './addresses.tsx';
import { Calls, WaitsForHeld } from './calls-view.tsx';
import { ChartPicture } from './chart-picture.tsx';
import { toClock, toCount, toDuration } from './formats.ts';
import { toHeadline } from './headline.ts';
import { withWords } from './layout-graph.ts';
import { useNow, useTimeline } from './live.ts';
import { toDeadlineText } from './meanings.ts';
import { Moves } from './moves.tsx';
import { Sequence } from './sequence.tsx';
import { Timeline } from './timeline.tsx';
import { WhatIf } from './what-if.tsx';

type Contexts = Point['contexts'];

/** The context of each actor after `points`. */
const toContexts = (points: readonly Point[]): Contexts =>
  Object.assign({}, ...points.map(({ contexts }) => contexts));

const toTaken = (points: readonly Point[], chart: string): ReadonlySet<string> =>
  new Set(points.flatMap(({ taken }) => taken[chart] ?? []));

/** At this size the labels of edges are legible. */
const legible = 0.9;

const ActorChart = ({ chart, points }: { chart: Chart; points: readonly Point[] }) => {
  const point = points.at(-1);
  const actor = point?.view.actors[chart.name];
  if (point === undefined || actor === undefined) return null;
  const { state, settled } = actor;
  return (
    <section className="card actor" aria-label={`Chart ${chart.name}`}>
      <header className="row">
        <h2>{chart.name}</h2>
        <span className={settled ? 'badge settled' : 'badge doing'}>{state}</span>
      </header>
      <ChartPicture
        chart={chart}
        sizing={withWords}
        firstZoom={legible}
        drawing={{
          active: new Set(state.split(' + ')),
          taken: toTaken(points, chart.name),
          last: toTaken([point], chart.name),
        }}
      />
    </section>
  );
};

const Deadlines = ({ point, words, now }: { point: Point; words: ApplicationInfo['words']; now: number }) => (
  <ul className="deadlines" aria-label="Deadlines">
    {point.view.deadlines.map(({ actor, name, dueAt, firstDueAt }) => (
      <li key={`${actor} ${name}`}>
        <span title={name}>
          {actor}: {toDeadlineText(words, name)}
        </span>
        <b>{dueAt > now ? toDuration(dueAt - now) : 'due'}</b>
        {firstDueAt !== undefined && <span title={`It was due at ${toClock(firstDueAt)}.`}>postponed</span>}
      </li>
    ))}
  </ul>
);

const Facts = ({ facts }: Pick<Point, 'facts'>) => (
  <dl className="facts">
    {facts.map(({ label, text }) => (
      <div key={`${label} ${text}`}>
        <dt>{label}</dt>
        <dd>{text}</dd>
      </div>
    ))}
  </dl>
);

const Json = ({ value, name }: { value: unknown; name: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
  <section className="scroll json" tabIndex={0} aria-label={name}>
    <pre>{JSON.stringify(value, null, 1)}</pre>
  </section>
);

const Data = ({ contexts, point }: { contexts: Contexts; point: Point }) => (
  <section className="card" aria-label="Message and contexts">
    <h2>Message</h2>
    <Json name="Message" value={{ type: point.type, ...point.data }} />
    <h2>Contexts</h2>
    {Object.keys(point.view.actors).map((name, index) => (
      <details key={name} open={index === 0}>
        <summary>{name}</summary>
        <Json name={`Context of ${name}`} value={contexts[name]} />
      </details>
    ))}
  </section>
);

const Summary = ({
  application,
  point,
  now,
  isLive,
  hypotheticals,
}: {
  application: ApplicationInfo;
  point: Point;
  now: number;
  isLive: boolean;
  hypotheticals: number;
}) => {
  const { view, details, facts, moves } = point;
  const { tone, text, lines } = toHeadline(application, point, isLive ? now : point.at);
  return (
    <section className={`card summary ${tone}`} aria-label="Summary">
      <p className="quiet">
        <code>{view.id}</code> · {[view.owner, ...details].join(' · ')} · created at {toClock(view.createdAt)}
      </p>
      <h1>
        <span className={`badge ${tone}`}>{view.state}</span> <span>{text}</span>
      </h1>
      {lines.length > 0 && (
        <ul className="lines">
          {lines.map((line) => (
            <li key={line.actor}>
              <b>{line.actor}</b> {line.text}
            </li>
          ))}
        </ul>
      )}
      {!isLive && (
        <p className="past">
          {hypotheticals > 0
            ? `What if: after ${toCount(hypotheticals, 'hypothetical message')}`
            : `As it was at ${toClock(point.at)}`}
        </p>
      )}
      {isLive && <WaitsForHeld view={view} />}
      {facts.length > 0 && <Facts facts={facts} />}
      {isLive && <Moves application={application} orderId={view.id} moves={moves} />}
      {isLive && <Deadlines point={point} words={application.words} now={now} />}
    </section>
  );
};

/** The selected point: by its version in the address, or the latest. */
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
  application,
  points,
  now,
}: {
  orderId: string;
  application: ApplicationInfo;
  points: readonly Point[];
  now: number;
}) => {
  const { index, isLatest, select } = useSelection(orderId, points);
  const [hypotheticals, setHypotheticals] = useState<readonly Point[]>([]);
  const shown = useMemo(
    () => [...points.slice(0, index + 1), ...hypotheticals],
    [points, index, hypotheticals],
  );
  const contexts = useMemo(() => toContexts(shown), [shown]);
  const selected = points[index];
  const [point, latest] = [shown.at(-1), points.at(-1)];
  if (point === undefined || selected === undefined) return null;
  return (
    <div className={hypotheticals.length > 0 ? 'order hypothetical' : 'order'}>
      <Summary
        application={application}
        point={point}
        now={now}
        isLive={isLatest && hypotheticals.length === 0}
        hypotheticals={hypotheticals.length}
      />
      <Timeline {...{ points, isLatest }} selected={index} onSelect={select} words={application.words} />
      <div className="charts">
        {application.charts
          .filter(({ version }) => version === point.view.chartVersion)
          .map((chart) => (
            <ActorChart key={chart.name} chart={chart} points={shown} />
          ))}
      </div>
      <div className="beside">
        <WhatIf
          key={selected.version}
          orderId={orderId}
          version={selected.version}
          onChange={setHypotheticals}
        />
        <Data contexts={contexts} point={point} />
      </div>
      <section className="card wide" aria-label="Sequence">
        <h2>Messages</h2>
        <Sequence
          lanes={application.lanes}
          words={application.words}
          points={shown}
          onVersion={(version) => select(points.findIndex((each) => each.version === version))}
        />
      </section>
      {latest && <Calls view={latest.view} words={application.words.messages} />}
    </div>
  );
};

export const OrderView = ({ orderId, application }: { orderId: string; application: ApplicationInfo }) => {
  const { points, offset, broken, connection } = useTimeline(orderId);
  const now = useNow() + offset;
  if (points.length === 0) {
    if (broken !== undefined) return <p role="alert">{broken}</p>;
    const isOffline = connection === 'offline';
    return <p className="quiet pad">{isOffline ? 'The order could not be loaded' : 'Loading the order…'}</p>;
  }
  return (
    <>
      {broken !== undefined && <p role="alert">{broken}</p>}
      <Body orderId={orderId} application={application} points={points} now={now} />
    </>
  );
};
