// An application of its own, with nothing of a shop: a parcel is collected by a courier, and a tally counts how often that
// was tried. Two actors, one service, one move, one incident.
import { type AnyActorRef, assertEvent, assign, emit, sendTo, setup } from 'xstate';
import { z } from 'zod';
import {
  type CommandIn,
  defineApplication,
  type MessageIn,
  type OutsideService,
  type ReplyIn,
  snapshotOf,
} from '../../src/main.ts';

const call = { key: z.string(), attempt: z.int().positive() };
const event = { version: 1, kind: 'event' } as const;
const command = { version: 1, kind: 'command' } as const;

const messages = {
  'parcel.send': {
    ...command,
    from: ['sender'],
    to: ['parcel'],
    payload: z.strictObject({
      parcelId: z.string(),
      sender: z.string().meta({ personal: true }),
      city: z.string(),
    }),
  },
  'parcel.keep': {
    ...command,
    from: ['sender'],
    to: ['parcel'],
    payload: z.strictObject({ why: z.string() }),
  },
  'courier.collect': {
    ...command,
    from: ['parcel'],
    to: ['courier'],
    payload: z.strictObject({ ...call, city: z.string() }),
    call: { purposes: ['collect'], replies: [{ type: 'courier.collected' }, { type: 'courier.busy' }] },
  },
  'courier.collected': { ...event, from: ['courier'], to: ['parcel'], payload: z.strictObject(call) },
  'courier.busy': {
    ...event,
    from: ['courier'],
    to: ['parcel'],
    payload: z.strictObject({ ...call, reason: z.string() }),
  },
  'tally.count': { ...command, from: ['parcel'], to: ['tally'], payload: z.strictObject({}) },
  'incident.retry': { ...command, from: ['operator'], to: ['parcel'], payload: z.strictObject({}) },
  'parcel.sent': {
    ...event,
    from: ['parcel'],
    to: ['journal'],
    payload: z.strictObject({ attempts: z.int() }),
  },
  'parcel.kept': { ...event, from: ['parcel'], to: ['journal'], payload: z.strictObject({}) },
  'tally.counted': {
    ...event,
    from: ['tally'],
    to: ['journal'],
    payload: z.strictObject({ count: z.int() }),
  },
} as const;

type Message<T extends keyof typeof messages> = MessageIn<typeof messages, T>;
type ToParcel = Message<
  'parcel.send' | 'parcel.keep' | 'courier.collected' | 'courier.busy' | 'incident.retry'
>;
type Parcel = { parcelId: string; sender: string; city: string; attempt: number };

/** The courier is asked again so many ms after it was busy, and at most so often. */
const retryMs = 1000;
const mostAttempts = 5;

const keepParcel = assign<Parcel, ToParcel, undefined, ToParcel, never>(({ event: sent }) => {
  assertEvent(sent, 'parcel.send');
  const { parcelId, sender, city } = sent;
  return { parcelId, sender, city };
});
const collect = sendTo<Parcel, ToParcel, undefined, AnyActorRef, ToParcel, never, never>(
  ({ system }) => system.get('courier'),
  ({ context: { parcelId, attempt, city } }: { context: Parcel }) => ({
    type: 'courier.collect',
    key: `${parcelId}/collect/1`,
    attempt,
    city,
  }),
);
const count = sendTo<Parcel, ToParcel, undefined, AnyActorRef, ToParcel, never, never>(
  ({ system }) => system.get('tally'),
  { type: 'tally.count' },
);
const announceSent = emit<Parcel, ToParcel, undefined, ToParcel, Message<'parcel.sent'>>(({ context }) => ({
  type: 'parcel.sent',
  attempts: context.attempt,
}));

const parcel = setup({ types: { context: {} as Parcel, events: {} as ToParcel } }).createMachine({
  id: 'parcel',
  context: { parcelId: '', sender: '', city: '', attempt: 0 },
  initial: 'new',
  states: {
    new: {
      description: 'to be sent',
      on: {
        'parcel.send': {
          target: 'collecting',
          actions: keepParcel,
        },
      },
    },
    collecting: {
      description: 'the courier',
      entry: [assign({ attempt: ({ context }) => context.attempt + 1 }), collect, count],
      on: {
        'courier.collected': 'sent',
        'courier.busy': [
          { guard: ({ context }) => context.attempt < mostAttempts, target: 'waiting' },
          { target: 'needsAttention' },
        ],
        'parcel.keep': 'kept',
      },
    },
    waiting: {
      description: 'a free courier',
      after: { [retryMs]: 'collecting' },
      on: { 'parcel.keep': 'kept' },
    },
    needsAttention: {
      tags: 'incident',
      description: 'a person',
      meta: { incident: { reason: 'no-courier', text: 'no courier collects the parcel' } },
      on: {
        'incident.retry': { target: 'collecting', actions: assign({ attempt: 0 }) },
        'parcel.keep': 'kept',
      },
    },
    sent: { tags: 'settled', description: 'on its way', entry: announceSent },
    kept: { tags: 'settled', description: 'kept by its sender', entry: emit({ type: 'parcel.kept' }) },
  },
});

const tally = setup({
  types: { context: {} as { count: number }, events: {} as Message<'tally.count'> },
}).createMachine({
  id: 'tally',
  context: { count: 0 },
  initial: 'counting',
  states: {
    counting: {
      tags: 'settled',
      on: {
        'tally.count': {
          actions: [
            assign({ count: ({ context }) => context.count + 1 }),
            emit(({ context }) => ({ type: 'tally.counted', count: context.count })),
          ],
        },
      },
    },
  },
});

export type Courier = OutsideService<
  CommandIn<typeof messages, 'courier'>,
  ReplyIn<typeof messages, 'courier'>
>;

export const parcels = defineApplication({
  name: 'parcels',
  charts: { parcel, tally },
  chartVersion: '1',
  services: { courier: { noAnswer: (reason) => ({ type: 'courier.busy', reason }) } },
  messages,
  moves: { keep: { type: 'parcel.keep', by: 'sender' } },
  mainActor: 'parcel',
  outcomes: ['parcel.sent', 'parcel.kept'],
  ownerOf: (state) => snapshotOf(state, 'parcel').context['sender'],
  findMoves: (state) =>
    snapshotOf(state, 'parcel').can({ type: 'parcel.keep', why: '' }) ? [{ move: 'keep', by: 'sender' }] : [],
  toView: (base) => base,
  toUnreadableView: (base) => base,
});
