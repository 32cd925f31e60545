// Why an order is where it is: what is awaited, since when, until when, what blocks it and who may do what.
// It is computed from the order's view alone and never asks anyone else.
import { actorNames } from '../../machines/messages.ts';
import { toIsoTime } from '../clock.ts';
import type { OrderView } from '../host.ts';
import type { ExplanationJson } from './schemas.ts';
import { toIncident, toMoves } from './views.ts';

type Deadline = OrderView['deadlines'][number];

const toNext = (deadlines: readonly Deadline[]): Deadline | undefined =>
  deadlines.toSorted((a, b) => a.dueAt - b.dueAt)[0];

const toWaiting = (view: OrderView, now: number): ExplanationJson['waiting'] =>
  actorNames.flatMap((actor) => {
    const { settled, description, since } = view.actors[actor];
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

const toSummary = (view: OrderView, now: number): string => {
  const [incident, ...others] = view.incidents;
  const { description, since } = view.actors.order;
  if (view.unreadable !== undefined) return `The stored order cannot be read: ${view.unreadable}`;
  if (incident !== undefined) {
    const more = others.length === 0 ? '' : ` (and for ${others.length} more)`;
    return `The order is ${view.state} and waits for a person because of ${incident.actor}: ${incident.text}${more}`;
  }
  if (view.settled) return `The order is ${view.state}: ${description}`;
  const seconds = Math.floor(Math.max(0, now - since) / 1000);
  const deadline = toNext(view.deadlines);
  const until = deadline === undefined ? '' : `; the next deadline is ${toIsoTime(deadline.dueAt)}`;
  // While a state awaits something its description names just that: "the payment".
  return `The order is ${view.state} and has waited ${seconds} s for ${description}${until}`;
};

/** `now` in ms since 1970. */
export const toExplanation = (view: OrderView, now: number): ExplanationJson => {
  const next = toNext(view.deadlines);
  return {
    id: view.id,
    state: view.state,
    settled: view.settled,
    summary: toSummary(view, now),
    waiting: toWaiting(view, now),
    nextDeadline:
      next === undefined ? null : { actor: next.actor, name: next.name, dueAt: toIsoTime(next.dueAt) },
    blockedBy: view.incidents.map(toIncident),
    mayDo: toMoves(view.id, view.allowed),
  };
};
