// One order's timeline: its recorded messages are taken through the charts once more, by the same step that
// the host runs, and each gives a point that shows the order as it was then. Nothing is stored or sent.
import type { AnyEventObject } from 'xstate';
import { actorNames } from '../../machines/messages.ts';
import { orderSystem } from '../../machines/system.ts';
import { limits } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { Received } from '../step/effect.ts';
import { toPaths } from '../step/notes.ts';
import { type RegisteredSystem, registerSystem } from '../step/register.ts';
import { newSystem, type SystemState } from '../step/snapshot.ts';
import { type Incoming, type StepResult, step } from '../step/step.ts';
import type { Passed } from '../step/trace.ts';
import { toView } from '../step/view.ts';
import { readCharts } from './charts.ts';
import { findTaken } from './paths.ts';
import type { Point } from './shapes.ts';

/** An order between two messages, and how it came there. */
export interface Moment {
  readonly state: SystemState;
  readonly point: Point;
}

/** The messages of one page; an order has a few dozen. */
const pageSize = limits.eventPage;

export const createTimeline = () => {
  const system: RegisteredSystem = registerSystem(orderSystem, limits, () => true);
  const charts = readCharts();

  /** @throws AppError `order-unreadable` where a recorded message does not lead where it led then. */
  const replay = (orderId: string, state: SystemState, row: Received): Moment => {
    const incoming = toIncoming(state, orderId, row);
    const result = incoming && step(system, state, incoming);
    if (!incoming || !result) {
      const detail = `message ${row.version} (${row.type}) cannot be taken again as it was then`;
      throw new AppError('order-unreadable', `The timeline ends here: ${detail}.`);
    }
    return toMoment(orderId, state, incoming, result);
  };

  const toMoment = (
    orderId: string,
    before: SystemState,
    incoming: Incoming,
    { state, received, events, passed = [] }: StepResult,
  ): Moment => {
    const { version, at, messageId, to, type, data, causationId, disposition, reason } = received;
    const { kind } = incoming;
    const from = findSender(before, incoming);
    const taken = Object.fromEntries(
      charts.map((chart) => [chart.name, passed.flatMap((each) => toTaken(chart, each))]),
    );
    const point: Point = {
      ...{ version, at, messageId, kind, from, to, type, data, causationId, disposition, reason, taken },
      passed: passed
        .slice(disposition === 'applied' ? 1 : 0)
        .map(({ from: sender, to: taker, message: { type: said, ...rest } }) => ({
          from: sender,
          to: taker,
          type: said,
          data: rest,
        })),
      events: events.map(({ actor, type: happened }) => ({ actor, type: happened })),
      view: toView(orderId, system.version, state),
      contexts: Object.fromEntries(
        actorNames.flatMap((name) => {
          const is = state.actors.get(name)?.snapshot.context;
          const was = before.actors.get(name)?.snapshot.context;
          return is === was && before.version > 0 ? [] : [[name, is]];
        }),
      ),
    };
    return { state, point };
  };

  const toTaken = (chart: (typeof charts)[number], { to, message, taken }: Passed): readonly string[] =>
    taken === undefined || to !== chart.name || taken.was === taken.is
      ? []
      : findTaken(chart, toPaths(taken.was.value), toPaths(taken.is.value), message.type);

  return {
    /** Every moment of an order behind `after`, oldest first. */
    read: async function* (host: Host, orderId: string, after = 0): AsyncGenerator<Moment> {
      let state: SystemState | undefined;
      for (let page = await host.received(orderId, 0, pageSize); page.length > 0; ) {
        for (const row of page) {
          const moment = replay(orderId, state ?? newSystem(system, row.at, row.correlationId), row);
          ({ state } = moment);
          if (row.version > after) yield moment;
        }
        page = await host.received(orderId, state?.version ?? 0, pageSize);
      }
    },
    /** What `incoming` would come to, or undefined where there is nothing left that it could answer. */
    suppose: (orderId: string, state: SystemState, incoming: Incoming): Moment | undefined => {
      const result = step(system, state, incoming);
      return result && toMoment(orderId, state, incoming, result);
    },
  };
};
export type Timeline = ReturnType<typeof createTimeline>;

const findSender = (before: SystemState, incoming: Incoming): string => {
  if (incoming.kind === 'reply') return before.calls.get(incoming.callId)?.service ?? 'outside';
  if (incoming.kind === 'deadline') return 'clock';
  return 'outside';
};

/** A recorded message as it came then; undefined where it cannot have come. */
const toIncoming = (
  state: SystemState,
  orderId: string,
  { messageId, to, at, type, data, causationId }: Received,
): Incoming | undefined => {
  const message: AnyEventObject = { ...data, type };
  if (messageId.startsWith(`${orderId}/calls/`) && messageId.endsWith('/reply')) {
    return { kind: 'reply', orderId, at, callId: messageId.slice(0, -'/reply'.length), message };
  }
  if (!messageId.startsWith(`${orderId}/deadlines/`)) {
    return { kind: 'message', orderId, at, messageId, to, message, causationId };
  }
  const [first] = [...state.deadlines]
    .filter(([, deadline]) => deadline.to === to && deadline.event.type === type && deadline.dueAt <= at)
    .sort(([, a], [, b]) => a.dueAt - b.dueAt);
  return first && { kind: 'deadline', orderId, at, key: first[0], dueAt: first[1].dueAt };
};
