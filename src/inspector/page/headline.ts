// What an order is doing, or how it ended, as a headline whose durations count with the clock. It reads the order's
// point and the charts, and nothing else.
import type { ApplicationInfo, Chart, Point } from '../server/protocol.ts';
import { toClock, toDuration } from './formats.ts';

type Deadline = Point['view']['deadlines'][number];

const aDayMs = 86_400_000;

/** What an actor does in its states, from the charts' descriptions. */
const toText = (chart: Chart | undefined, { view }: Point, actor: string): string => {
  const { state = '', description = '' } = view.actors[actor] ?? {};
  const texts = state
    .split(' + ')
    .flatMap((path) => chart?.nodes.find((node) => node.path === path)?.text || []);
  return texts.join('; ') || description;
};

const isBackOff = ({ name }: Deadline): boolean => /backOff/i.test(name);

/** `times out at 12:04:57, in 4 min 57 s`, `next attempt in 3 s`. */
const toEnd = (deadline: Deadline, now: number): string => {
  const { name, dueAt } = deadline;
  const left = dueAt - now;
  if (isBackOff(deadline)) return left > 0 ? `next attempt in ${toDuration(left)}` : 'next attempt now';
  const verb = /expir/i.test(name) ? 'expires' : 'times out';
  if (left <= 0) return `${verb} now`;
  if (left > aDayMs) return `${verb} on ${new Date(dueAt).toLocaleDateString('en-GB')}`;
  return `${verb} at ${toClock(dueAt)}, in ${toDuration(left)}`;
};

const toWait = (chart: Chart | undefined, point: Point, actor: string, now: number): string => {
  const { view, attempts } = point;
  const text = toText(chart, point, actor);
  const attempt = attempts[actor];
  const deadline = view.deadlines.find((each) => each.actor === actor);
  const end = deadline === undefined ? '' : `; ${toEnd(deadline, now)}`;
  if (deadline !== undefined && isBackOff(deadline)) {
    return `${text}${end}${attempt === undefined ? '' : ` (after ${attempt})`}`;
  }
  const isCalling = view.calls.some((call) => call.actor === actor);
  const since = view.actors[actor]?.since ?? now;
  return `${text} for ${toDuration(now - since)}${isCalling && attempt ? ` (${attempt})` : ''}${end}`;
};

interface Headline {
  readonly tone: 'bad' | 'good' | 'settled' | 'doing';
  readonly text: string;
  /** What else there is to say, by actor. */
  readonly lines: readonly { readonly actor: string; readonly text: string }[];
}

export const toHeadline = ({ charts, mainActor }: ApplicationInfo, point: Point, now: number): Headline => {
  const { view, incidents, outcome } = point;
  const chartOf = (actor: string): Chart | undefined =>
    charts.find(({ name, version }) => name === actor && version === view.chartVersion);
  const withIncident = new Set(incidents.map(({ actor }) => actor));
  const waiting = Object.keys(view.actors)
    .filter((name) => view.actors[name]?.settled === false && !withIncident.has(name))
    .map((actor) => ({ actor, text: toWait(chartOf(actor), point, actor, now) }));
  const [incident, ...others] = incidents;
  if (incident) {
    const { actor, text, since } = incident;
    const age = since > 0 ? ` Open for ${toDuration(now - since)}.` : '';
    const lines = [
      ...others.map((other) => ({ actor: other.actor, text: `Incident: ${other.text}` })),
      ...(outcome === null ? [] : [{ actor: mainActor, text: outcome }]),
      ...waiting,
    ];
    return { tone: 'bad', text: `Incident in ${actor}: ${text}.${age}`, lines };
  }
  if (view.actors[mainActor]?.settled) {
    const main = chartOf(mainActor);
    const isGood = main?.nodes.find(({ path }) => path === view.state)?.tone === 'good';
    const text = outcome ?? `${toText(main, point, mainActor)}.`;
    return { tone: isGood ? 'good' : 'settled', text, lines: waiting };
  }
  const innermost = waiting.findLast(({ actor }) => actor !== mainActor) ?? waiting[0];
  const lines = waiting.length > 1 ? waiting : [];
  return { tone: 'doing', text: innermost ? `${innermost.text}.` : '', lines };
};
