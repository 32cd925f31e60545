// What an explanation says of services that an order waits for and that are not called as always, and of deadlines that were
// postponed meanwhile. It decides neither.
import { toIsoTime } from '../../clock.ts';
import type { HeldService } from '../../service-holds.ts';
import type { OrderView } from '../../shop/view.ts';
import type { ExplanationJson } from './schemas.ts';

type HeldJson = NonNullable<ExplanationJson['held']>[number];
type PostponedJson = NonNullable<ExplanationJson['postponed']>[number];

export interface HeldContext {
  readonly services: readonly HeldService[];
  /** Why a service is paused is said to those who work in the shop, not to its customers. */
  readonly saysWhy: boolean;
}

/** Of the services that the order has calls to. */
export const toHeld = ({ calls }: OrderView, { services, saysWhy }: HeldContext): HeldJson[] =>
  services
    .filter(({ service }) => calls.some((call) => call.service === service))
    .map(({ service, state, since, resumedAt, triedAgainAt, reason }) => ({
      ...{ service, state, since: toIsoTime(since) },
      ...(saysWhy && { reason }),
      ...(resumedAt !== null && { resumedAt: toIsoTime(resumedAt) }),
      ...(triedAgainAt !== null && { triedAgainAt: toIsoTime(triedAgainAt) }),
    }));

export const toPostponed = ({ deadlines }: OrderView): PostponedJson[] =>
  deadlines.flatMap(({ actor, name, dueAt, firstDueAt }) =>
    firstDueAt === undefined
      ? []
      : [{ actor, name, firstDueAt: toIsoTime(firstDueAt), dueAt: toIsoTime(dueAt) }],
  );

const describeHeld = ({ service, state, since, reason, resumedAt, triedAgainAt }: HeldJson): string => {
  const why = reason === undefined ? '' : ` (${reason.replaceAll(/\s+/g, ' ').trim()})`;
  if (state === 'paused') return `The ${service} has been paused since ${since}${why}.`;
  if (state === 'resuming')
    return `The ${service} has been called again since ${resumedAt}, a few calls at a time.`;
  return `The circuit of the ${service} has been open since ${since}${why}; it is tried again at ${triedAgainAt}.`;
};

/** Sentences, with a blank before each. */
export const describeHolds = (view: OrderView, context: HeldContext): string =>
  [
    ...toHeld(view, context).map(describeHeld),
    ...toPostponed(view).map(
      ({ actor, name, firstDueAt, dueAt }) =>
        `The deadline ${name} of the ${actor} was postponed from ${firstDueAt} to ${dueAt}.`,
    ),
  ]
    .map((sentence) => ` ${sentence}`)
    .join('');
