// An application for goods that come back: a return is requested, approved, labelled, received, inspected, and refunded or
// refused. Two actors, two services, deadlines of days; its charts and messages are beside it, and so are its routes.
import {
  type CommandIn,
  type Display,
  defineApplication,
  type OutsideService,
  type ReplyIn,
  snapshotOf,
} from '../../src/main.ts';
import { refundChart, returnChart } from './charts.ts';
import { messages } from './messages.ts';

/** The services' adapters, typed by the messages. */
export type Carrier = OutsideService<
  CommandIn<typeof messages, 'carrier'>,
  ReplyIn<typeof messages, 'carrier'>
>;
export type Bank = OutsideService<CommandIn<typeof messages, 'bank'>, ReplyIn<typeof messages, 'bank'>>;

export const moves = {
  approve: { type: 'return.approve', by: 'clerk' },
  refuse: { type: 'return.refuse', by: 'clerk' },
  withdraw: { type: 'return.withdraw', by: 'customer' },
  receive: { type: 'return.receive', by: 'warehouse' },
  inspect: { type: 'return.inspect', by: 'warehouse' },
  retry: { type: 'incident.retry', by: 'operator' },
  resolve: { type: 'incident.resolve', by: 'operator' },
} as const;
export type ReturnMove = keyof typeof moves;

/** The moves on the return itself; `retry` and `resolve` are for the actor with an incident, and the engine finds them. */
const ownMoves = ['approve', 'refuse', 'withdraw', 'receive', 'inspect'] as const;

const note = { name: 'note', label: 'Note', isRequired: true };
const display: Display = {
  labels: { owner: 'Customer' },
  started: 'return.requested',
  succeeded: 'return.refunded',
  tones: {
    approved: 'doing',
    'approved.needsAttention': 'incident',
    'received.overdue': 'incident',
    refunded: 'good',
    notAccepted: 'settled',
  },
  incidents: {
    'no-label': 'the carrier makes no label. Ask it, then retry; or send a label by hand, and resolve',
    'not-inspected': 'the parcel has been here for days. Inspect it',
    'not-paid': 'the bank does not pay back. Ask it, then retry; or pay by hand, and resolve',
  },
  moves: {
    approve: { label: 'Approve', isBulk: true, consequence: () => 'The carrier is asked for a label.' },
    refuse: { label: 'Refuse', fields: [note], isDangerous: true },
    withdraw: { label: 'Withdraw' },
    receive: { label: 'Parcel is here', isBulk: true },
    inspect: {
      label: 'Inspect',
      fields: [{ name: 'verdict', label: 'Verdict: as-new or damaged', isRequired: true }, note],
      consequence: () => 'As new: the money is paid back. Damaged: the return is refused.',
    },
  },
};

export const returns = defineApplication({
  name: 'returns',
  charts: { return: returnChart, refund: refundChart },
  chartVersion: '1',
  services: {
    carrier: { noAnswer: (reason) => ({ type: 'carrier.failed', reason }) },
    bank: { noAnswer: (reason) => ({ type: 'bank.failed', reason }) },
  },
  messages,
  moves,
  mainActor: 'return',
  outcomes: ['return.refunded', 'return.refused', 'return.withdrawn', 'return.expired'],
  ownerOf: (state) => snapshotOf(state, 'return').context['customerId'],
  findMoves: (state) => {
    const snapshot = snapshotOf(state, 'return');
    return ownMoves
      .filter((move) => snapshot.can({ type: moves[move].type }))
      .map((move) => ({ move, by: moves[move].by }));
  },
  toView: (base) => base,
  toUnreadableView: (base) => base,
  display,
});
