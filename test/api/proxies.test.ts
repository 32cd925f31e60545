// What a listening server believes of proxies: names and TLS, from those that it trusts and in PUBLIC_URL.
import { describe, expect, it } from 'vitest';
import { exchange, listen } from './connections.ts';
import { createEdge } from './edge.ts';

const json = { 'content-type': 'application/json' };

describe('a proxy', () => {
  const moveAs = async (
    settings: Record<string, string>,
    headers: Record<string, string>,
  ): Promise<number> => {
    await using edge = await listen(await createEdge({ settings: { ...settings, OPEN_TO_EVERYONE: '1' } }));
    await edge.add('order-1');
    const given = { ...json, host: 'localhost', ...headers };
    return (await exchange(`${edge.url}/orders/order-1/cancel`, { method: 'POST', headers: given })).status;
  };
  const trusted = { TRUST_PROXY: '10.0.0.0/8, loopback', PUBLIC_HOSTS: 'shop.example' };
  const forwarded = { 'x-forwarded-host': 'shop.example', 'x-forwarded-proto': 'https' };

  it.each<[string, Record<string, string>, Record<string, string>, number]>([
    [
      'that is trusted says which name was asked for',
      trusted,
      { ...forwarded, origin: 'https://shop.example' },
      200,
    ],
    [
      'that is trusted says that it was over TLS',
      trusted,
      { ...forwarded, origin: 'http://shop.example' },
      403,
    ],
    ['that is trusted forwards no foreign name', trusted, { 'x-forwarded-host': 'example.com' }, 421],
    ['that a page plays gains nothing by it', trusted, { ...forwarded, host: 'example.com' }, 421],
    [
      'that is not trusted is not believed',
      { ...trusted, TRUST_PROXY: '10.0.0.0/8' },
      { ...forwarded, origin: 'https://shop.example' },
      403,
    ],
    [
      'needs no forwarded headers if PUBLIC_URL is set',
      { PUBLIC_URL: 'https://shop.example/desk/' },
      { origin: 'https://shop.example' },
      200,
    ],
    [
      'may pass the name of PUBLIC_URL on',
      { PUBLIC_URL: 'https://shop.example' },
      { host: 'shop.example', origin: 'https://shop.example', 'sec-fetch-site': 'same-origin' },
      200,
    ],
    [
      'with TLS serves no page without TLS',
      { PUBLIC_URL: 'https://shop.example' },
      { host: 'shop.example', origin: 'http://shop.example' },
      403,
    ],
  ])('%s', async (_what, settings, headers, status) => {
    expect(await moveAs(settings, headers)).toBe(status);
  });
});
