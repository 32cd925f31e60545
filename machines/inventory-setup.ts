// The context, guards, actions, delays and reasons of the inventory chart. When each applies is said by the
// chart itself (inventory.ts).
import { assertEvent, assign, enqueueActions, setup } from 'xstate';
import {
  type CallContext,
  type ChartNotes,
  callDelays,
  callGuards,
  chartParts,
  currentCall,
  noIncidentReasons,
  noRetrying,
  staleAnswerReason,
} from './chart.ts';
import { sumByProduct } from './lines.ts';
import type { DomainEvent, Line, MessageTo, Problem } from './messages.ts';

type Purpose = 'check' | 'reserve' | 'commit' | 'release';
export interface Return {
  refundId: string;
  lines: { productId: string; quantity: number }[];
}
type InventoryContext = CallContext & {
  orderId: string;
  lines: Line[];
  reservationTtlMs: number;
  /** Why stock is released. */
  why: 'cancelled' | 'failed' | 'expired';
  /** The order released the reservation before the warehouse had answered it. */
  unwanted: boolean;
  problems: Problem[];
  /** What comes back into stock after a refund: the first is asked for, the others wait. */
  returns: Return[];
};

const { tell, callStates } = chartParts<InventoryContext, MessageTo<'inventory'>>('inventory', 'warehouse');

export { callStates };

export const inventorySetup = setup({
  types: {
    context: {} as InventoryContext,
    events: {} as MessageTo<'inventory'>,
    emitted: {} as DomainEvent,
    tags: {} as 'settled' | 'incident' | 'held',
    meta: {} as ChartNotes,
  },
  guards: {
    ...callGuards,
    isUnwanted: ({ context }) => context.unwanted,
    hasReturns: ({ context }) => context.returns.length > 0,
    isNewReturn: ({ context, event }) =>
      'refundId' in event && !context.returns.some(({ refundId }) => refundId === event.refundId),
    hasProblems: ({ event }) => 'problems' in event && event.problems.length > 0,
  },
  delays: {
    ...callDelays,
    reservationExpiry: ({ context }) => context.reservationTtlMs,
  },
  actions: {
    forgetTries: assign({ tries: 0 }),
    count: assign(({ context }, { purpose }: { purpose: Purpose }) => ({
      key: `${context.orderId}/${purpose}/1`,
      attempt: context.attempt + 1,
      tries: context.tries + 1,
    })),
    countReturn: assign(({ context }) => ({
      key: `${context.orderId}/return/${context.returns[0]?.refundId}`,
      attempt: context.attempt + 1,
      tries: context.tries + 1,
    })),
    noteReturn: assign(({ context, event }) => {
      assertEvent(event, 'inventory.return');
      const { refundId, lines } = event;
      return { returns: [...context.returns, { refundId, lines }] };
    }),
    forgetReturn: assign(({ context }) => ({ returns: context.returns.slice(1), tries: 0 })),
    noteExpired: assign({ why: 'expired' }),
    noteUnwanted: assign({ unwanted: true }),
    noteWhy: assign(({ event }) => {
      assertEvent(event, 'inventory.release');
      return { why: event.why };
    }),
    noteProblems: assign(({ event }) => {
      assertEvent(event, ['warehouse.checked', 'warehouse.insufficient']);
      return { problems: event.problems };
    }),
    askForCheck: tell('warehouse', ({ context }) => ({
      type: 'warehouse.check',
      ...currentCall(context),
      lines: context.lines,
    })),
    askForReservation: tell('warehouse', ({ context }) => ({
      type: 'warehouse.reserve',
      ...currentCall(context),
      lines: context.lines,
      ttlMs: context.reservationTtlMs,
    })),
    askForCommit: tell('warehouse', ({ context }) => ({ type: 'warehouse.commit', ...currentCall(context) })),
    askForRelease: tell('warehouse', ({ context }) => ({
      type: 'warehouse.release',
      ...currentCall(context),
    })),
    askForReturn: tell('warehouse', ({ context }) => ({
      type: 'warehouse.return',
      ...currentCall(context),
      lines: context.returns.slice(0, 1).flatMap(({ lines }) => lines),
    })),
    announceReturned: enqueueActions(({ context: { returns }, enqueue }) => {
      for (const { refundId, lines } of returns.slice(0, 1)) {
        for (const share of lines) enqueue.emit({ type: 'inventory.returned', ...share, refundId });
      }
    }),
    announceInsufficient: enqueueActions(({ context, enqueue }) => {
      for (const { kind, productId, requested, available } of context.problems) {
        if (kind === 'insufficient-stock' && requested !== undefined && available !== undefined) {
          enqueue.emit({ type: 'inventory.insufficient', productId, requested, available });
        }
      }
    }),
    announceReserved: enqueueActions(({ context, enqueue }) => {
      for (const share of sumByProduct(context.lines)) enqueue.emit({ type: 'inventory.reserved', ...share });
    }),
    announceCommitted: enqueueActions(({ context, enqueue }) => {
      for (const share of sumByProduct(context.lines))
        enqueue.emit({ type: 'inventory.committed', ...share });
    }),
    announceReleased: enqueueActions(({ context, enqueue }) => {
      for (const share of sumByProduct(context.lines)) {
        enqueue.emit({ type: 'inventory.released', ...share, why: context.why });
      }
    }),
    tellCheckPassed: tell('order', () => ({ type: 'inventory.check-passed' })),
    tellCheckFailed: tell('order', ({ context: { problems } }) => ({
      type: 'inventory.check-failed',
      problems,
    })),
    tellReserved: tell('order', () => ({ type: 'inventory.reservation-completed' })),
    tellNotReserved: tell('order', ({ context: { problems } }) => ({
      type: 'inventory.reservation-failed',
      problems,
    })),
    tellExpired: tell('order', () => ({ type: 'inventory.reservation-expired' })),
    tellReleased: tell('order', () => ({ type: 'inventory.release-completed' })),
    tellCommitted: tell('order', () => ({ type: 'inventory.commit-completed' })),
    tellNotCommitted: tell('order', () => ({ type: 'inventory.commit-failed' })),
  },
});

export const onReleaseWithoutStock = {
  target: '#inventory.released',
  actions: ['noteWhy', 'tellReleased'],
} as const;
export const onRelease = { target: '#inventory.releasing', actions: 'noteWhy' } as const;

/** Why a message is ignored if no transition takes it, unless its state gives a better reason. Recorded. */
export const ignoreReasons = {
  ...noIncidentReasons,
  'inventory.check': 'the lines of an order are checked once',
  'inventory.reserve': 'stock is reserved once, after its check',
  'inventory.release': 'no stock was reserved',
  'inventory.commit': 'only reserved stock can be committed',
  'inventory.return': 'only committed stock can be returned',
  'warehouse.checked': 'no check is waiting for this answer',
  'warehouse.reserved': 'no reservation is waiting for this answer',
  'warehouse.insufficient': 'no reservation is waiting for this answer',
  'warehouse.committed': 'no commit is waiting for this answer',
  'warehouse.released': 'no release is waiting for this answer',
  'warehouse.returned': 'no return is waiting for this answer',
  'warehouse.refused': staleAnswerReason,
  'warehouse.failed': staleAnswerReason,
} as const;

export const newInventory: InventoryContext = {
  orderId: '',
  lines: [],
  reservationTtlMs: 0,
  retrying: noRetrying,
  key: '',
  attempt: 0,
  tries: 0,
  why: 'failed',
  unwanted: false,
  problems: [],
  returns: [],
};
/** It is back in stock: the next one, if there is one. */
export const onReturned = {
  target: '#inventory.committed.kept',
  actions: ['announceReturned', 'forgetReturn'],
} as const;
