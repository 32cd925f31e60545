// One order's timeline: its recorded messages are replayed, and each gives a point that shows the order as it was
// then. Nothing is stored or sent.

import { type Application, viewOf } from '../../application.ts';
import type { OrderAccess } from '../../host.ts';
import type { Received } from '../../step/effect.ts';
import { toPaths } from '../../step/notes.ts';
import type { Steppable } from '../../step/postponement.ts';
import { type Incoming, type StepResult, step } from '../../step/step.ts';
import type { SystemState } from '../../step/system-state.ts';
import type { Delivery } from '../../step/trace.ts';
import { toCharts } from '../../step/translate.ts';
import { readCharts } from './charts.ts';
import { toIncidents, toOpenMoves } from './forms.ts';
import type { Exchange } from './kept-replays.ts';
import { Pace } from './pace.ts';
import { findTaken } from './paths.ts';
import type { Chart, Point } from './protocol.ts';
import { createReplay } from './replay.ts';

/** An order between two messages. */
export interface Moment {
  readonly orderId: string;
  readonly state: SystemState;
  /** The messages that led here, oldest first. */
  received(): readonly Received[];
}
interface ShownMoment extends Moment {
  readonly point: Point;
}

export const createTimeline = (application: Application) => {
  const charts = readCharts(application);
  /** What sends commands to services, or is a reply of one: what could come late is learned from it. */
  const toExchange = (before: SystemState, incoming: Steppable, result: StepResult): Exchange | undefined => {
    const { version, from, type, data, deliveries } = toMessage(before, incoming, result);
    const sent = deliveries.filter(({ to }) => Object.hasOwn(application.services, to));
    if (sent.length === 0 && !Object.hasOwn(application.services, from)) return undefined;
    return { version, from, type, data, deliveries: sent };
  };
  const replay = createReplay(application, toExchange);
  const { system } = replay;

  const toMoment = (
    orderId: string,
    before: SystemState,
    incoming: Steppable,
    result: StepResult,
    received: () => readonly Received[],
  ): ShownMoment => {
    const { state } = result;
    const view = viewOf(application, orderId, state);
    const point: Point = {
      ...toMessage(before, incoming, result),
      taken: Object.fromEntries(
        charts
          .filter(({ version }) => version === state.charts)
          .map((chart) => [chart.name, findTakenBy(chart, result)]),
      ),
      view,
      ...describeView(application, view, state, received),
      contexts: Object.fromEntries(
        [...state.actors].flatMap(([name, { snapshot }]) => {
          const known = before.actors.get(name)?.snapshot.context;
          return snapshot.context === known && before.version > 0 ? [] : [[name, snapshot.context]];
        }),
      ),
    };
    return { orderId, state, received, point };
  };

  return {
    /**
     * Every moment of an order behind `after`, oldest first.
     * @throws AppError `order-unreadable`; BudgetSpent or ReaderLeft, as `pace` does.
     */
    read: async function* (
      host: OrderAccess,
      orderId: string,
      after = 0,
      pace = new Pace(),
    ): AsyncGenerator<ShownMoment> {
      const { messages } = replay.open({ host, orderId, after, upTo: Number.POSITIVE_INFINITY, pace });
      for await (const { before, incoming, result, past } of messages) {
        const { version } = result.state;
        if (version > after)
          yield toMoment(orderId, before, incoming, result, () => past.receivedUntil(version));
      }
    },
    /**
     * The order at its version `upTo`, or now, with the exchanges that led there; undefined if there is no such order.
     * @throws as `read` does
     */
    find: async (
      host: OrderAccess,
      orderId: string,
      pace: Pace,
      upTo = Number.POSITIVE_INFINITY,
    ): Promise<{ readonly moment: Moment; readonly exchanges: readonly Exchange[] } | undefined> => {
      const { past, start, messages } = replay.open({ host, orderId, after: upTo, upTo, pace });
      let state = start;
      for await (const { result } of messages) ({ state } = result);
      if (state === undefined) return undefined;
      const { version } = state;
      const received = () => past.receivedUntil(version);
      return { moment: { orderId, state, received }, exchanges: past.exchangesUntil(version) };
    },
    /** What `incoming` would make of a moment; undefined when the call or deadline is not there any more. */
    next: ({ orderId, state, received }: Moment, incoming: Incoming): ShownMoment | undefined => {
      const arrived = toCharts(system, state.charts, incoming);
      const result = step(system, state, arrived);
      return result && toMoment(orderId, state, arrived, result, () => [...received(), result.received]);
    },
  };
};
export type Timeline = ReturnType<typeof createTimeline>;

/** The message itself, and what it led to within its step. */
const toMessage = (
  before: SystemState,
  incoming: Steppable,
  { received, events, deliveries = [] }: StepResult,
) => {
  const { version, at, messageId, kind, to, type, data, causationId, disposition, reason } = received;
  return {
    ...{ version, at, messageId, kind, to, type, data, causationId, disposition, reason },
    from: findSender(before, incoming),
    // The first delivery is the message itself.
    deliveries: deliveries
      .slice(disposition === 'applied' ? 1 : 0)
      .map(({ from, to: receiver, message: { type: sent, ...rest } }) => ({
        from,
        to: receiver,
        type: sent,
        data: rest,
      })),
    events: events.map(({ actor, type: emitted }) => ({ actor, type: emitted })),
  };
};

const findSender = (before: SystemState, incoming: Steppable): string => {
  if (incoming.kind === 'reply') return before.calls.get(incoming.callId)?.service ?? 'outside';
  if (incoming.kind === 'deadline' || incoming.kind === 'postponement') return 'clock';
  return 'outside';
};

const findTakenBy = (chart: Chart, { deliveries = [] }: StepResult): readonly string[] =>
  deliveries.flatMap(({ to, message, snapshots }: Delivery) =>
    snapshots === undefined || to !== chart.name || snapshots.before === snapshots.after
      ? []
      : findTaken(chart, toPaths(snapshots.before.value), toPaths(snapshots.after.value), message.type),
  );

/** What the application's display says of a view. */
const describeView = (
  application: Application,
  view: Point['view'],
  state: SystemState,
  received: () => readonly Received[],
): Pick<Point, 'details' | 'facts' | 'outcome' | 'attempts' | 'incidents' | 'moves'> => {
  const { display } = application;
  return {
    details: display?.details?.(view) ?? [],
    facts: display?.facts?.(view) ?? [],
    outcome: view.actors[application.mainActor]?.settled
      ? (display?.outcome?.(view, received()) ?? null)
      : null,
    attempts: Object.fromEntries(
      [...state.actors].flatMap(([name, { snapshot }]) => {
        const attempt = display?.attempt?.(snapshot.context);
        return attempt === undefined ? [] : [[name, attempt]];
      }),
    ),
    incidents: toIncidents(application, view),
    moves: toOpenMoves(application, view),
  };
};
