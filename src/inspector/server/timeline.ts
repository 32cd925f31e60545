// One order's timeline: its recorded messages are replayed, and each gives a point that shows the order as it was
// then. Nothing is stored or sent.
import { type Application, toChartSystem, viewOf } from '../../application.ts';
import { limits } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { OrderAccess } from '../../host.ts';
import type { Received } from '../../step/effect.ts';
import { toPaths } from '../../step/notes.ts';
import { registerSystem } from '../../step/register.ts';
import { firstVersion, replayMessage } from '../../step/replay.ts';
import { newSystem } from '../../step/snapshot.ts';
import { type Incoming, type StepResult, step } from '../../step/step.ts';
import type { SystemState } from '../../step/system-state.ts';
import type { Delivery } from '../../step/trace.ts';
import { toCharts } from '../../step/translate.ts';
import { readCharts } from './charts.ts';
import { toIncidents, toOpenMoves } from './forms.ts';
import { findTaken } from './paths.ts';
import type { Chart, Point } from './protocol.ts';

/** An order between two messages. */
export interface Moment {
  readonly orderId: string;
  readonly state: SystemState;
  /** The messages that led here, oldest first. */
  readonly received: readonly Received[];
  readonly point: Point;
}

/** The messages of one page; an order has a few dozen. */
const pageSize = limits.eventPage;

export const createTimeline = (application: Application) => {
  const system = registerSystem(toChartSystem(application), limits, () => true);
  const charts = readCharts(application);

  const toMoment = (
    orderId: string,
    before: SystemState,
    earlier: readonly Received[],
    incoming: Incoming,
    result: StepResult,
  ): Moment => {
    const { state } = result;
    const received = [...earlier, result.received];
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

  /** The version that the order was placed on; undefined: there is no such order. */
  const findFirstVersion = async (host: OrderAccess, orderId: string): Promise<string | undefined> => {
    const { chartVersion: version, unreadable } = (await host.get(orderId)) ?? {};
    if (version === undefined) return undefined;
    if (unreadable !== undefined && !system.versions.has(version)) {
      throw new AppError('order-unreadable', unreadable);
    }
    if (system.versions.size === 1) return version;
    let after = 0;
    for (;;) {
      const page = await host.received(orderId, after, pageSize);
      const first = firstVersion(page);
      const last = page.at(-1);
      if (first !== undefined || last === undefined) return first ?? version;
      after = last.version;
    }
  };

  return {
    /** Every moment of an order behind `after`, oldest first. */
    read: async function* (host: OrderAccess, orderId: string, after = 0): AsyncGenerator<Moment> {
      let state: SystemState | undefined;
      let received: readonly Received[] = [];
      const version = await findFirstVersion(host, orderId);
      for (let page = await host.received(orderId, 0, pageSize); page.length > 0; ) {
        for (const row of page) {
          const before = state ?? newSystem(system, row.at, row.correlationId, version);
          const replayed = replayMessage(system, orderId, before, row);
          if (typeof replayed === 'string') {
            throw new AppError('order-unreadable', `The timeline ends here: ${replayed}.`);
          }
          const moment = toMoment(orderId, before, received, replayed.incoming, replayed.result);
          ({ state, received } = moment);
          if (row.version > after) yield moment;
        }
        page = await host.received(orderId, state?.version ?? 0, pageSize);
      }
    },
    /** What `incoming` would make of a moment; undefined when the call or deadline is not there any more. */
    next: ({ orderId, state, received }: Moment, incoming: Incoming): Moment | undefined => {
      const arrived = toCharts(system, state.charts, incoming);
      const result = step(system, state, arrived);
      return result && toMoment(orderId, state, received, arrived, result);
    },
  };
};
export type Timeline = ReturnType<typeof createTimeline>;

/** The message itself, and what it led to within its step. */
const toMessage = (
  before: SystemState,
  incoming: Incoming,
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

const findSender = (before: SystemState, incoming: Incoming): string => {
  if (incoming.kind === 'reply') return before.calls.get(incoming.callId)?.service ?? 'outside';
  if (incoming.kind === 'deadline') return 'clock';
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
  received: readonly Received[],
): Pick<Point, 'details' | 'outcome' | 'attempts' | 'incidents' | 'moves'> => {
  const { display } = application;
  return {
    details: display?.details?.(view) ?? [],
    outcome: view.actors[application.mainActor]?.settled
      ? (display?.outcome?.(view, received) ?? null)
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
