// Why an order is where it is, in words that count with the clock. It reads the order's view and nothing else.
import { type ActorName, actorNames } from '../../../machines/messages.ts';
import type { Point } from '../shapes.ts';
import { toClock, toDuration } from './formats.ts';

export type Contexts = Readonly<Partial<Record<ActorName, Readonly<Record<string, unknown>>>>>;

/** The nth attempt of how many, where an actor counts its tries. */
const toAttempt = (context: Readonly<Record<string, unknown>> | undefined): string => {
  const retrying = context?.['retrying'];
  const tries = Number(context?.['lookUps']) || Number(context?.['tries']) || 0;
  if (tries === 0 || typeof retrying !== 'object' || retrying === null) return '';
  return 'attempts' in retrying ? `, attempt ${tries} of ${retrying.attempts}` : '';
};

const aDayMs = 86_400_000;

const toWait = ({ view }: Point, actor: ActorName, contexts: Contexts, now: number): string => {
  const { description, since } = view.actors[actor];
  const next = view.deadlines.find((deadline) => deadline.actor === actor);
  const isTryingAgain = next !== undefined && /backOff/i.test(next.name);
  const isAsking = isTryingAgain || view.calls.some((call) => call.actor === actor);
  const left = next && next.dueAt - now;
  const until =
    next === undefined || left === undefined
      ? ''
      : isTryingAgain
        ? `; tries again ${left > 0 ? `in ${toDuration(left)}` : 'now'}`
        : `; gives up ${left > aDayMs ? `on ${new Date(next.dueAt).toLocaleDateString('en-GB')}` : `at ${toClock(next.dueAt)}`}${left > 0 ? `, in ${toDuration(left)}` : ''}`;
  return `waits for ${description} since ${toDuration(now - since)}${isAsking ? toAttempt(contexts[actor]) : ''}${until}`;
};

/** One line for each actor that awaits something; the first is the order's own summary. */
export const explain = (point: Point, contexts: Contexts, now: number) => {
  const { view } = point;
  const [incident] = view.incidents;
  if (incident) {
    return {
      tone: 'bad',
      summary: `Waits for a person: ${incident.text}, since ${toDuration(now - incident.since)}.`,
      lines: [],
    };
  }
  if (view.settled) {
    return {
      tone: view.state === 'completed' ? 'good' : 'settled',
      summary: `${view.actors.order.description}.`,
      lines: [],
    };
  }
  const waiting = actorNames.filter((name) => !view.actors[name].settled);
  const lines = waiting.map((actor) => ({ actor, text: toWait(point, actor, contexts, now) }));
  const innermost = lines.findLast(({ actor }) => actor !== 'order') ?? lines[0];
  const who = innermost && innermost.actor !== 'order' ? `The ${innermost.actor}` : 'The order';
  return { tone: 'doing', summary: innermost ? `${who} ${innermost.text}.` : '', lines };
};
