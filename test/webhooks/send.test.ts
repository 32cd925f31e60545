// Where webhooks are not sent (src/webhooks/send.ts): 40 hostile URLs, names that change where they lead, and redirects.
import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { openWebhooks } from '../../src/webhooks/endpoints.ts';
import { send } from '../../src/webhooks/send.ts';
import { createCounter, openHost } from '../hosts/harness.ts';
import { createOtherIncidents } from '../service-incidents.ts';

/** On all addresses of this machine: what must not be reached. */
const inner = createServer((_request, response) => {
  reached += 1;
  response.end();
});
let reached = 0;
let port = 0;
beforeAll(async () => {
  await new Promise<void>((listening) => inner.listen(0, '::', listening));
  port = (inner.address() as AddressInfo).port;
});
afterAll(() => inner.close());

const message = { headers: { 'content-type': 'application/json' }, body: '{}' };
const never = new AbortController().signal;
const sendTo = (url: string, lookup?: LookupFunction) =>
  send({ clock: systemClock, allowPrivate: false, ...(lookup && { lookup }) }, { url, ...message }, never);

const openEndpoints = async () => {
  const { host, store, clock, registry: _ } = await openHost({ store: createMemoryStore() });
  const logger = { warn: () => {}, error: () => {} };
  return openWebhooks({
    ...{ host, store, clock, logger, ids: createCounter(), registry: new Registry(), drawShare: () => 0 },
    ...{ rules: { clock, allowPrivate: false }, toBody: () => '', incidents: createOtherIncidents() },
  });
};

describe('a webhook to a hostile URL is not sent', () => {
  it.each([
    ['loopback', 'http://127.0.0.1:PORT/'],
    ['another address of loopback', 'http://127.8.9.10:PORT/'],
    ['loopback by name', 'http://localhost:PORT/'],
    ['loopback as one number', 'http://2130706433:PORT/'],
    ['loopback in hexadecimal', 'http://0x7f000001:PORT/'],
    ['loopback in octal', 'http://0177.0.0.1:PORT/'],
    ['loopback, shortened', 'http://127.1:PORT/'],
    ['loopback in full-width digits', 'http://１２７.0.0.1:PORT/'],
    ['loopback of IPv6', 'http://[::1]:PORT/'],
    ['loopback mapped into IPv6', 'http://[::ffff:127.0.0.1]:PORT/'],
    ['loopback mapped, in hexadecimal', 'http://[::ffff:7f00:1]:PORT/'],
    ['loopback compatible with IPv6', 'http://[::127.0.0.1]:PORT/'],
    ['loopback behind NAT64', 'http://[64:ff9b::7f00:1]:PORT/'],
    ['a private address behind NAT64 of the own network', 'http://[64:ff9b:1::a00:1]:PORT/'],
    ['loopback behind 6to4', 'http://[2002:7f00:1::]:PORT/'],
    ['loopback behind Teredo', 'http://[2001:0:7f00:1::]:PORT/'],
    ['any address', 'http://0.0.0.0:PORT/'],
    ['any address, compatible with IPv6', 'http://[::0.0.0.0]:PORT/'],
    ['any address, shortened', 'http://0:PORT/'],
    ['any address of IPv6', 'http://[::]:PORT/'],
    ['the network 0', 'http://0.1.2.3:PORT/'],
    ['a private network 10', 'http://10.0.0.1:PORT/'],
    ['a private network 172.16', 'http://172.16.0.1:PORT/'],
    ['a private network 192.168', 'http://192.168.1.1:PORT/'],
    ['a private address mapped into IPv6', 'http://[::ffff:10.0.0.1]:PORT/'],
    ['shared addresses of carriers', 'http://100.64.0.1:PORT/'],
    ['link-local: metadata of a cloud', 'http://169.254.169.254/latest/meta-data/'],
    ['metadata of a cloud, mapped', 'http://[::ffff:a9fe:a9fe]/'],
    ['metadata of a cloud over IPv6', 'http://[fd00:ec2::254]/'],
    ['link-local of IPv6', 'http://[fe80::1]:PORT/'],
    ['unique local addresses of IPv6', 'http://[fc00::1]:PORT/'],
    ['site-local addresses of IPv6', 'http://[fec0::1]:PORT/'],
    ['multicast', 'http://224.0.0.1:PORT/'],
    ['multicast of IPv6', 'http://[ff02::1]:PORT/'],
    ['broadcast', 'http://255.255.255.255:PORT/'],
    ['reserved addresses', 'http://240.0.0.1:PORT/'],
    ['addresses for documents', 'http://192.0.2.1:PORT/'],
    ['addresses for benchmarks', 'http://198.18.0.1:PORT/'],
    ['loopback over TLS', 'https://127.0.0.1:PORT/'],
    ['loopback of IPv6 over TLS', 'https://[::1]:PORT/'],
  ])('%s: %s', async (_what, url) => {
    const before = reached;
    expect(await sendTo(url.replace('PORT', String(port)))).toMatchObject({
      ...{ status: null, problem: 'address-not-allowed' },
    });
    expect(reached).toBe(before);
  });

  it.each(['hooks.localhost', 'localhost.'])('%s, whether it leads anywhere or not', async (name) => {
    const before = reached;
    expect((await sendTo(`http://${name}:${port}/`)).problem).toMatch(
      /^(?:address-not-allowed|connection-failed)$/,
    );
    expect(reached).toBe(before);
  });

  it.each([
    'file:///etc/passwd',
    'ftp://hooks.example/',
    'gopher://hooks.example/',
    'javascript:alert(1)',
    'data:text/plain,hello',
    'unix:/run/docker.sock',
    'ws://hooks.example/',
    'http://',
    'hooks.example',
    'https://user@hooks.example/',
    'https://:word@hooks.example/',
    'https://hooks.example/#part',
    `https://hooks.example/${'a'.repeat(2000)}`,
  ])('because no endpoint is made: %.40s', async (url) => {
    const webhooks = await openEndpoints();
    await expect(webhooks.create({ url, types: null, after: 0 })).rejects.toThrow(/\/url: must be an http/);
    expect(await webhooks.list()).toEqual([]);
  });
});

describe('a name', () => {
  it('that leads to loopback, or to it among others, is not connected to', async () => {
    const before = reached;
    const leading =
      (...addresses: readonly string[]): LookupFunction =>
      (_name, { all }, found) => {
        const family = 4;
        if (all)
          found(
            null,
            addresses.map((address) => ({ address, family })),
          );
        else found(null, addresses[0] ?? '', family);
      };
    for (const lookup of [leading('127.0.0.1'), leading('203.0.114.1', '127.0.0.1')]) {
      expect(await sendTo(`http://hooks.example:${port}/`, lookup)).toMatchObject({
        problem: 'address-not-allowed',
      });
    }
    expect(reached).toBe(before);
  });

  it('is asked for once: what was checked is what is connected to', async () => {
    let asked = 0;
    const rebinding: LookupFunction = (_name, { all }, found) => {
      asked += 1;
      // First what is allowed, and then loopback: 0.0.0.0/8 never answers.
      const address = asked === 1 ? '192.88.98.1' : '127.0.0.1';
      if (all) found(null, [{ address, family: 4 }]);
      else found(null, address, 4);
    };
    const before = reached;
    const ending = new AbortController();
    const rules = { clock: systemClock, allowPrivate: false, lookup: rebinding };
    const sent = send(rules, { url: `http://hooks.example:${port}/`, ...message }, ending.signal);
    setTimeout(() => ending.abort(), 300);
    expect(await sent).toMatchObject({ status: null, problem: 'connection-failed' });
    expect({ asked, reached }).toEqual({ asked: 1, reached: before });
  });
});

it('a redirect is a failure, and is not followed', async () => {
  const server = createServer((_request, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end(),
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const before = reached;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const answered = await send({ clock: systemClock, allowPrivate: true }, { url, ...message }, never);
  expect(answered).toMatchObject({ status: 307, problem: 'redirected' });
  expect(reached).toBe(before);
  server.close();
});

it('with WEBHOOK_ALLOW_PRIVATE an address of the own network is reached', async () => {
  const before = reached;
  const url = `http://127.0.0.1:${port}/`;
  const answered = await send({ clock: systemClock, allowPrivate: true }, { url, ...message }, never);
  expect(answered).toEqual({ status: 200, problem: null, retryAfterMs: 0 });
  expect(reached).toBe(before + 1);
});
