// What the store says of the money of orders, read off the journal, and whether more of it is on its way. It asks no
// provider and judges nothing.
import { z } from 'zod';
import { limits } from '../../limits.ts';
import type { JournalEvent, Store } from '../../store.ts';
import type { Money, Range } from './provider.ts';

/** What a reconciliation reads of a store. */
export type MoneySource = Pick<Store, 'load' | 'events' | 'lastPosition'>;

interface Claim {
  /** When the journal says so (ms since 1970). */
  readonly at: number;
  readonly transactionId: string;
  /** In ISO 4217's minor units. */
  readonly money: Money;
}

export interface OrderMoney {
  readonly orderId: string;
  readonly isKnown: boolean;
  /** Its payment waits for an answer, or for its next try: what differs may agree in a moment. */
  readonly isPending: boolean;
  readonly taken: readonly Claim[];
  /** Authorised, and neither captured nor cancelled. */
  readonly held: readonly Claim[];
  readonly refunds: readonly (Claim & { readonly key: string })[];
}

const types = ['payment.authorized', 'payment.completed', 'payment.refunded', 'payment.cancelled'];
const money = z.looseObject({ amount: z.int(), currency: z.string(), transactionId: z.string() });
const refund = money.extend({ refundId: z.string() });
/** The actor that asks for money. */
const payer = 'payment';
const system = z.looseObject({
  calls: z.record(z.string(), z.looseObject({ actor: z.string() })),
  deadlines: z.record(z.string(), z.looseObject({ source: z.string() })),
});

/** Read without charts, so that it works for orders of every chart version. */
const isPending = (stored: string): boolean => {
  const { calls, deadlines } = system.parse(JSON.parse(stored));
  return (
    Object.values(calls).some(({ actor }) => actor === payer) ||
    Object.values(deadlines).some(({ source }) => source === payer)
  );
};

const toClaim = ({ at, data }: JournalEvent): Claim => {
  const { transactionId, amount, currency } = money.parse(data);
  return { at, transactionId, money: { amount, currency } };
};

const readEvents = async (source: MoneySource, orderId: string): Promise<readonly JournalEvent[]> => {
  const all: JournalEvent[] = [];
  for (let after = 0; ; ) {
    const limit = limits.eventPage;
    const page = await source.events({ orderId, types, after, limit });
    all.push(...page);
    if (page.length < limit) return all;
    after = page.at(-1)?.position ?? after;
  }
};

export const readOrderMoney = async (source: MoneySource, orderId: string): Promise<OrderMoney> => {
  // First the events: what comes meanwhile makes the order pending at most.
  const events = await readEvents(source, orderId);
  const stored = (await source.load([orderId])).get(orderId);
  const of = (type: string) => events.filter((event) => event.type === type);
  const lastCancelled = of('payment.cancelled').at(-1)?.seq ?? 0;
  const taken = of('payment.completed').map(toClaim);
  return {
    orderId,
    isKnown: stored !== undefined,
    isPending: stored !== undefined && isPending(stored.system),
    taken,
    held: of('payment.authorized')
      .filter(({ seq }) => seq > lastCancelled)
      .map(toClaim)
      .filter(({ transactionId }) => !taken.some((claim) => claim.transactionId === transactionId)),
    refunds: of('payment.refunded').map((event) => ({
      ...toClaim(event),
      key: `${orderId}/refund/${refund.parse(event.data).refundId}`,
    })),
  };
};

/** Clocks are set, and positions are given out in the order of commits. */
const clockMarginMs = 3_600_000;

/** The position behind which events are that were recorded at `time` or later, found by halving. */
const findPosition = async (source: MoneySource, time: number): Promise<number> => {
  let [low, high] = [0, await source.lastPosition()];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [event] = await source.events({ after: middle, limit: 1 });
    if (event !== undefined && event.at < time) low = event.position;
    else high = middle;
  }
  return low;
};

/** The orders whose money the journal says moved in this time, each once. */
export const findOrdersWithMoney = async (
  source: MoneySource,
  { from, to }: Range,
): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  let after = await findPosition(source, from - clockMarginMs);
  const upTo = await findPosition(source, to + clockMarginMs);
  for (;;) {
    const page = await source.events({ types, after, upTo, limit: limits.eventPage });
    for (const { orderId, at } of page) if (at >= from && at <= to) found.add(orderId);
    const last = page.at(-1);
    if (last === undefined || page.length < limits.eventPage) return found;
    after = last.position;
  }
};
