// Why an order is where it is: one sentence first, then what is awaited, since when, until when, what blocks it and
// who may do what. It is computed from the order's view (and the bank's code for a decline) and asks no service.
import { type Clock, toIsoTime } from '../../clock.ts';
import { describeDecline } from '../../shop/decline-codes.ts';
import type { OrderView, ReadableOrderView } from '../../shop/view.ts';
import { explainClock } from './explain-clock.ts';
import { describeHolds, type HeldContext, toHeld, toPostponed } from './explain-held.ts';
import type { ExplanationJson } from './schemas.ts';
import { toIncident, toMoves } from './views.ts';

type Deadline = OrderView['deadlines'][number];

const toNext = (deadlines: readonly Deadline[]): Deadline | undefined =>
  deadlines.toSorted((a, b) => a.dueAt - b.dueAt)[0];

const toWaiting = (view: OrderView, now: number): NonNullable<ExplanationJson['waiting']> =>
  Object.entries(view.actors).flatMap(([actor, { settled, description, since }]) => {
    if (settled) return [];
    const call = view.calls.find((candidate) => candidate.actor === actor);
    const deadline = toNext(view.deadlines.filter((candidate) => candidate.actor === actor));
    return [
      {
        actor,
        for: description,
        since: toIsoTime(since),
        forMs: Math.max(0, now - since),
        ...(call === undefined ? {} : { attempt: call.attempt }),
        ...(deadline === undefined ? {} : { deadline: toIsoTime(deadline.dueAt) }),
      },
    ];
  });

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** `11 min`: the largest unit alone. */
const toDuration = (ms: number): string => {
  const [length, unit] = units.find(([each]) => ms >= each) ?? [1000, 's'];
  return `${Math.floor(Math.max(0, ms) / length)} ${unit}`;
};

const toSentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const problemTexts: Readonly<Record<string, string>> = {
  'unknown-product': 'is not in the catalogue',
  'price-changed': 'has another price now',
  'currency-changed': 'is sold in another currency now',
  'insufficient-stock': 'is not in stock in this quantity',
};

/** Why it ended, for an order that was not completed. */
const toCause = (
  { failure, problems }: ReadableOrderView,
  declineCode: string | undefined,
): string | undefined => {
  const [problem, ...others] = problems;
  if (problem !== undefined) {
    const { productId, kind, requested, available } = problem;
    const counts = available === undefined ? '' : ` (${requested} ordered, ${available} available)`;
    const more = others.length === 0 ? '' : `, and ${others.length} more problems`;
    return `${productId} ${problemTexts[kind] ?? kind}${counts}${more}`;
  }
  if (failure === null) return undefined;
  return declineCode === undefined ? failure.text : `${failure.text} (${describeDecline(declineCode)})`;
};

/** What was given back. */
const toRestitution = ({ actors, refundedAmount, paidAmount }: ReadableOrderView): string => {
  const stock = actors['inventory']?.state === 'released' ? ' Stock released.' : '';
  if (refundedAmount === 0) return stock;
  return `${stock} ${refundedAmount === paidAmount ? 'Money refunded.' : 'Money refunded in part.'}`;
};

const toSummary = (
  view: OrderView,
  now: number,
  { declineCode, held }: Pick<ExplanationContext, 'declineCode' | 'held'>,
): string => {
  const state = toSentence(view.state);
  const [incident, ...others] = view.incidents;
  if (view.unreadable !== undefined) return `Unreadable: ${view.unreadable}`;
  if (incident !== undefined) {
    const more = others.length === 0 ? '' : ` (${others.length} more incidents)`;
    return `${state}, with an open incident of the ${incident.actor}: ${incident.text}${more}.`;
  }
  if (view.settled) {
    const cause = view.state === 'completed' ? undefined : toCause(view, declineCode);
    const text = cause ?? view.actors['order']?.description ?? view.state;
    return `${state}: ${text}.${toRestitution(view)}`;
  }
  const order = view.actors['order'];
  const deadline = toNext(view.deadlines);
  const until = deadline === undefined ? '' : `; next deadline ${toIsoTime(deadline.dueAt)}`;
  if (order === undefined) return `${state}${until}.`;
  // While a state awaits something its description names just that: "the payment".
  const waiting = `waiting for ${order.description} for ${toDuration(now - order.since)}`;
  return `${state}: ${waiting}${until}.${describeHolds(view, held)}`;
};

export interface ExplanationContext {
  readonly clock: Pick<Clock, 'now' | 'jumps'>;
  /** What the bank gave as its reason. */
  readonly declineCode: string | undefined;
  readonly held: HeldContext;
  /** What clients' addresses begin with. */
  readonly path: string;
}

export const toExplanation = (
  view: OrderView,
  { clock, declineCode, held, path }: ExplanationContext,
): ExplanationJson => {
  const now = clock.now();
  const next = toNext(view.deadlines);
  const clockText = view.settled
    ? undefined
    : explainClock(clock.jumps, now, { placed: view.createdAt, moved: view.updatedAt });
  return {
    id: view.id,
    state: view.state,
    settled: view.settled,
    summary: toSummary(view, now, { declineCode, held }),
    ...(clockText !== undefined && { clock: clockText }),
    ...(view.unreadable === undefined && {
      waiting: toWaiting(view, now),
      nextDeadline: next ? { actor: next.actor, name: next.name, dueAt: toIsoTime(next.dueAt) } : null,
      held: toHeld(view, held),
      postponed: toPostponed(view),
    }),
    blockedBy: view.incidents.map(toIncident),
    moves: toMoves(view.id, view.moves, path),
  };
};
