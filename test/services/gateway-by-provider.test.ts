// Calls go to the provider that their order recorded, and to no other (src/services/gateway-by-provider.ts).
import { expect, it } from 'vitest';
import type { Reply } from '../../src/application.ts';
import type { Command, OutsideService } from '../../src/service.ts';
import { createGatewayByProvider } from '../../src/services/gateway-by-provider.ts';

const createAdapter = (name: string, rest: Partial<OutsideService> = {}): OutsideService => ({
  ...{ name: 'gateway', place: 'outside', answer: async () => ({ type: `by ${name}` }) },
  ...rest,
});
const ask = (gateway: OutsideService, provider?: string): Promise<Reply> => {
  const command: Command = { type: 'gateway.look-up', key: 'k', ...(provider !== undefined && { provider }) };
  const { signal } = new AbortController();
  return gateway.answer({ orderId: 'order-1', correlationId: 'order-1', command, at: 0, signal });
};

it('sends each call to its provider, and one that names none to the provider of older orders', async () => {
  const adapters = new Map(['stripe', 'http'].map((name) => [name, createAdapter(name)]));
  const gateway = createGatewayByProvider({ adapters, unnamed: 'http' });
  expect(await ask(gateway, 'stripe')).toEqual({ type: 'by stripe' });
  expect(await ask(gateway, 'http')).toEqual({ type: 'by http' });
  expect(await ask(gateway)).toEqual({ type: 'by http' });
});

it('sends nothing where the provider is not set up, and says so', async () => {
  const adapters = new Map([['http', createAdapter('http')]]);
  const gateway = createGatewayByProvider({ adapters, unnamed: 'stripe' });
  const failed = { type: 'gateway.failed', reason: 'provider-not-configured' };
  expect(await ask(gateway, 'stripe')).toEqual(failed);
  expect(await ask(gateway)).toEqual(failed);
});

it('trusts keys as long as the provider that forgets first', () => {
  const adapters = new Map([
    ['stripe', createAdapter('stripe', { keyLifetimeMs: 1000 })],
    ['http', createAdapter('http', { keyLifetimeMs: 2000 })],
    ['simulated', createAdapter('simulated')],
  ]);
  expect(createGatewayByProvider({ adapters, unnamed: 'http' }).keyLifetimeMs).toBe(1000);
});

it('is ready only if each provider is, and takes facts that one of them signs', async () => {
  const check = async () => {
    throw new Error('full');
  };
  const signing = { whyUnsigned: () => 'nobody signed it' };
  const adapters = new Map([
    ['simulated', createAdapter('simulated', { check })],
    ['http', createAdapter('http', signing)],
  ]);
  const gateway = createGatewayByProvider({ adapters, unnamed: 'http' });
  await expect(gateway.check?.()).rejects.toThrow('full');
  expect(gateway.whyUnsigned?.({}, Buffer.from(''))).toBe('nobody signed it');
});
