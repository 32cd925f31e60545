// Some of the charts with everything else left free: other actors, services and people may say any message
// that they may send at all, with any key and attempt, and any deadline may ring at any time. More can happen
// here than in any real run; so whatever is not met here is never met. Walked whole, by xstate/graph.
import {
  type AnyEventObject,
  type AnyMachineSnapshot,
  fromTransition,
  type TransitionSnapshot,
} from 'xstate';
import { getAdjacencyMap } from 'xstate/graph';
import {
  type ActorName,
  actorNames,
  type MessageType,
  messages,
  serviceNames,
  typesTo,
} from '../../machines/messages.ts';
import { orderSystem } from '../../machines/system.ts';
import { toPolicy } from '../../src/config.ts';
import { newSystem, type SystemState } from '../../src/step/snapshot.ts';
import { step } from '../../src/step/step.ts';
import { sampleOrder } from '../machines/sample.ts';
import { toSample } from '../step/explore.ts';
import { outcomesOf, partialRefund, wants } from './choices.ts';
import { listen } from './ear.ts';
import { toChartsMark } from './marks.ts';
import { start } from './model.ts';
import { toSettings } from './troubles.ts';

type Said =
  | { readonly type: 'said'; readonly to: ActorName; readonly message: AnyEventObject }
  | { readonly type: 'rings'; readonly key: string };

const { orderId, amount } = sampleOrder;
const policyOf = (capture: string) => toPolicy(toSettings({ PAYMENT_CAPTURE: capture }));
const retrying = policyOf('later').payment;
type More = Readonly<Record<string, unknown>>;

/** What a message may carry that makes a difference to a guard. */
const carried: { readonly [T in MessageType]?: readonly More[] } = {
  'order.place': [{ policy: policyOf('at-once') }, { policy: policyOf('later') }],
  'order.refund': [{ amount: partialRefund }, { amount: undefined }, { amount: amount + 1 }],
  'payment.charge': [{ capture: 'at-once' }, { capture: 'later' }],
  'payment.refund': [{ amount: partialRefund }, { amount }, { amount: amount + 1 }],
  'payment.failed': [{ reason: 'declined' }, { reason: 'gave-up' }],
  'payment.completed': [{ amount }],
  'payment.refunded': [{ amount: partialRefund }, { amount: amount - partialRefund }, { amount }],
  'gateway.unknown': [{ reason: 'no-answer' }, { reason: 'key-expired' }],
  'warehouse.checked': [{ problems: [] }, {}],
  'inventory.release': [{ why: 'cancelled' }, { why: 'failed' }],
  'notification.send-failure': [{ reason: { kind: 'cancelled', text: 'changed my mind' } }],
};

const keysOf = (
  to: ActorName,
  { key, charge, refundId }: AnyMachineSnapshot['context'],
): readonly string[] =>
  to === 'payment'
    ? [
        key,
        ...['charge', 'capture', 'void'].map((purpose) => `${orderId}/${purpose}/${charge}`),
        `${orderId}/refund/${refundId}`,
        'foreign',
      ]
    : [key, 'foreign'];

const toMessages = (to: ActorName, { context }: AnyMachineSnapshot, type: MessageType): AnyEventObject[] => {
  const said: readonly More[] =
    type === 'incident.resolve'
      ? [
          ...[...outcomesOf(to), 'nonsense'].map((outcome) => ({ outcome })),
          { outcome: 'charged', transactionId: undefined },
        ]
      : (carried[type] ?? [{}]);
  const { attempt } = context;
  const answers: readonly More[] =
    'attempt' in messages[type].payload.shape
      ? [...new Set(keysOf(to, context))].flatMap((key) =>
          // Which attempt is answered is asked only of what was asked last.
          (key === context.key ? [attempt, attempt + 1] : [attempt]).map((each) => ({
            key: key || 'none',
            attempt: Math.max(1, each),
          })),
        )
      : [{}];
  return answers.flatMap((answer) => said.map((more) => toSample(type, { retrying, ...more, ...answer })));
};

/** Names of what is met of `names`' charts where everything else is free. */
export const exploreFree = (...names: readonly ActorName[]): ReadonlySet<string> => {
  const { system, met, initial } = listen({
    version: orderSystem.version,
    charts: Object.fromEntries(names.map((name) => [name, orderSystem.charts[name]])),
    services: [...serviceNames, ...actorNames.filter((name) => !names.includes(name))],
  });
  const isInside = (address: string) => names.some((name) => name === address);
  const choices = (state: SystemState): Said[] => [
    ...[...state.deadlines.keys()].map((key) => ({ type: 'rings' as const, key })),
    ...names.flatMap((to) => {
      const snapshot = state.actors.get(to)?.snapshot;
      const types = typesTo(to).filter(
        (type) => snapshot && wants(snapshot, type) && !messages[type].from.every(isInside),
      );
      return types.flatMap((type) =>
        snapshot
          ? toMessages(to, snapshot, type).map((message) => ({ type: 'said' as const, to, message }))
          : [],
      );
    }),
  ];
  const known = new Map<string, SystemState>();
  const next = (state: SystemState, said: Said): SystemState => {
    const arrival = { orderId, at: start };
    const dueAt = said.type === 'rings' ? (state.deadlines.get(said.key)?.dueAt ?? 0) : 0;
    const result = step(
      system,
      state,
      said.type === 'rings'
        ? { kind: 'deadline', ...arrival, key: said.key, dueAt }
        : { kind: 'message', ...arrival, messageId: 'message-1', ...said, causationId: null },
    );
    // What would break an invariant is set aside, here as in any real run.
    if (result?.state.quarantined.at(-1)?.violated !== undefined) return state;
    if (result === undefined || result.received.disposition === 'dead') {
      throw new Error(`${JSON.stringify(said)} comes to ${result?.received.reason}`);
    }
    const mark = toChartsMark(result.state);
    const found = known.get(mark) ?? { ...result.state, calls: new Map() };
    known.set(mark, found);
    return found;
  };
  getAdjacencyMap(
    fromTransition<SystemState, Said, never, undefined>(next, newSystem(system, start, 'free')),
    {
      events: ({ context }: TransitionSnapshot<SystemState>) => choices(context),
      serializeState: ({ context }) => toChartsMark(context),
    },
  );
  return new Set([...initial, ...met]);
};
