// How a host is opened for its contract, and what its tests do again and again. It asserts nothing.
import type { ShopHost } from '../../src/shop/placement.ts';
import type { OrderView } from '../../src/shop/view.ts';
import type { createFakeClock } from '../fake-clock.ts';
import { type Answer, sample, type TestBasket } from '../hosts/harness.ts';

export interface HostOptions {
  /** How the bank answers. Left out: it charges whatever it is asked to. */
  readonly gateway?: Answer<'gateway'>;
  /** How the mailer answers. Left out: every notice is sent. */
  readonly mailer?: Answer<'mailer'>;
  readonly settings?: Record<string, string | number>;
}

/** A host on a clock that a test moves; disposing closes it and removes what it left. */
export interface OpenedHost extends AsyncDisposable {
  readonly host: ShopHost;
  readonly clock: ReturnType<typeof createFakeClock>;
  /** Its store answers over a network. */
  readonly isRemote?: boolean;
}

export type OpenHost = (options?: HostOptions) => Promise<OpenedHost>;

/** Places an order and returns its view. @throws Error where a key was used before. */
export const place = async (host: ShopHost, changes: Partial<TestBasket> = {}): Promise<OrderView> => {
  const outcome = await host.place({ ...sample, ...changes });
  if (outcome.outcome !== 'done') throw new Error('the order was placed before');
  return outcome.result.view;
};

/** Resolves when the order is settled or has an incident, without any time passing. */
export const rest = async (host: ShopHost, orderId: string): Promise<OrderView> => {
  const view = await host.waitUntilSettled(orderId, 60_000);
  if (view === undefined) throw new Error(`no order ${orderId}`);
  return view;
};

export const cancel = (host: ShopHost, orderId: string, more: { readonly ifVersion?: number } = {}) =>
  host.send({
    orderId,
    to: 'order',
    message: { type: 'order.cancel', reason: 'changed my mind' },
    otherwise: 'refuse',
    ...more,
  });
