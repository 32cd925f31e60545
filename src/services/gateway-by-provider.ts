// A payment gateway made of several providers' adapters: each call goes to the provider that its order recorded, so that a shop
// can switch while orders are open. It never chooses another one in its place, because that would charge twice.
import type { AnyGateway, AwaitedPayment } from '../shop/services.ts';

interface Providers {
  /** By name. */
  readonly adapters: ReadonlyMap<string, AnyGateway>;
  /** The one that has the payments of orders that recorded none. */
  readonly unnamed: string;
}

export const createGatewayByProvider = ({ adapters, unnamed }: Providers): AnyGateway => {
  const all = [...adapters.values()];
  const find = (provider: unknown): AnyGateway | undefined =>
    adapters.get(typeof provider === 'string' ? provider : unnamed);
  const actionsOf = ({ provider }: AwaitedPayment): AnyGateway | undefined => find(provider);
  // Never later than the key of any of them is known: each forgets after a day.
  const lifetimes = all.flatMap(({ keyLifetimeMs }) => keyLifetimeMs ?? []);
  const signing = all.find(({ whyUnsigned }) => whyUnsigned !== undefined);
  return {
    name: 'gateway',
    place: 'outside',
    ...(lifetimes.length > 0 && { keyLifetimeMs: Math.min(...lifetimes) }),
    answer: async (call) => {
      const adapter = find(call.command['provider']);
      // Nothing was sent. An order that still moves is never here: the start looks for it.
      return adapter?.answer(call) ?? { type: 'gateway.failed', reason: 'provider-not-configured' };
    },
    check: async () => void (await Promise.all(all.map((adapter) => adapter.check?.()))),
    ...(signing && { whyUnsigned: (headers, body) => signing.whyUnsigned?.(headers, body) }),
    paymentAction: async (payment) => actionsOf(payment)?.paymentAction?.(payment),
    playCustomer: async (payment, confirms) => actionsOf(payment)?.playCustomer?.(payment, confirms),
    close: async () => void (await Promise.all(all.map((adapter) => adapter.close?.()))),
  };
};
