// How a host is opened for its contract, and what its tests do again and again. It asserts nothing.
import type { Host, OrderView, Placement } from '../../src/host.ts';
import type { createFakeClock } from '../fake-clock.ts';
import { type Answer, sample } from '../hosts/harness.ts';

export interface HostOptions {
  /** How the bank answers. Left out: it charges whatever it is asked to. */
  readonly gateway?: Answer<'gateway'>;
  /** How the mailer answers. Left out: every notice is sent. */
  readonly mailer?: Answer<'mailer'>;
  readonly settings?: Record<string, string | number>;
}

/** A host on a clock that a test moves; disposing closes it and removes what it left. */
export interface OpenedHost extends AsyncDisposable {
  readonly host: Host;
  readonly clock: ReturnType<typeof createFakeClock>;
}

export type OpenHost = (options?: HostOptions) => Promise<OpenedHost>;

/** Places an order and returns its view. @throws Error where a key was used before. */
export const place = async (host: Host, changes: Partial<Placement> = {}): Promise<OrderView> => {
  const outcome = await host.place({ ...sample, ...changes });
  if (outcome.outcome !== 'done') throw new Error('the order was placed before');
  return outcome.result;
};

/** Resolves when the order is settled or has an incident, without any time passing. */
export const rest = async (host: Host, orderId: string): Promise<OrderView> => {
  const view = await host.waitUntilSettled(orderId, 60_000);
  if (view === undefined) throw new Error(`no order ${orderId}`);
  return view;
};

export const cancel = (host: Host, orderId: string, more: { readonly ifVersion?: number } = {}) =>
  host.send({
    orderId,
    to: 'order',
    message: { type: 'order.cancel', reason: 'changed my mind' },
    otherwise: 'refuse',
    ...more,
  });
