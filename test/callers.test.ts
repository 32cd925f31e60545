// Who is let in before there are keys, who counts as one address, and how many connections it may have.
import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { limitConnections } from '../src/api/edge/connection-limit.ts';
import { identify, isLoopback, toNetwork } from '../src/callers.ts';
import { readSettings } from '../src/config.ts';
import { AppError } from '../src/errors.ts';
import { createEdge, problemOf } from './api/edge.ts';

const noKeys = { find: () => undefined, firstMadeAt: () => undefined };
const ask = (headers: Record<string, string>, remoteAddress: string | undefined = '127.0.0.1') => {
  const caller = identify({ headers, socket: { remoteAddress } }, noKeys, false);
  return caller instanceof AppError ? caller.code : 'let in';
};

describe('without keys', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('this machine is let in: %s', (address) => {
    expect(ask({}, address)).toBe('let in');
  });

  it.each([
    undefined,
    '',
    '10.0.0.1',
    '203.0.113.5',
    '::ffff:10.0.0.1',
    'fe80::1',
    '2001:db8::1',
    '1127.0.0.1',
    '127.0.0.1.example',
  ])('others are refused: %s', (address) => {
    expect(isLoopback(address)).toBe(false);
    expect(identify({ headers: {}, socket: { remoteAddress: address } }, noKeys, false)).toMatchObject({
      code: 'keys-needed-first',
    });
  });

  it.each([
    ...[
      'forwarded',
      'forwarded-for',
      'via',
      'cdn-loop',
      'x-forwarded',
      'x-forwarded-for',
      'x-forwarded-host',
    ],
    ...[
      'x-forwarded-proto',
      'x-forwarded-port',
      'x-forwarded-server',
      'x-forwarded-prefix',
      'x-forwarded-ssl',
    ],
    ...['x-original-forwarded-for', 'x-original-host', 'x-original-url', 'x-originating-ip', 'x-real-ip'],
    ...[
      'x-client-ip',
      'client-ip',
      'x-cluster-client-ip',
      'true-client-ip',
      'fastly-client-ip',
      'x-azure-clientip',
    ],
    ...[
      'cf-connecting-ip',
      'cf-ray',
      'x-remote-ip',
      'x-remote-addr',
      'x-envoy-external-address',
      'x-proxyuser-ip',
    ],
    ...['wl-proxy-client-ip', 'proxy-client-ip'],
  ])('what a proxy forwarded is refused, also if it runs on this machine: %s', (name) => {
    expect(ask({ [name]: '127.0.0.1' })).toBe('keys-needed-first');
    expect(ask({ [name]: '' })).toBe('keys-needed-first');
  });

  it('headers of programs on this machine do not look like those of proxies', () => {
    const headers = {
      'user-agent': 'curl/8',
      accept: '*/*',
      'x-request-id': 'x',
      'x-real': 'x',
      'content-type': 'x',
    };
    expect(ask(headers)).toBe('let in');
  });

  it('a request from elsewhere, or through a proxy, is 403 as a problem, on every route but the probes', async () => {
    const { app } = await createEdge();
    for (const from of [{ remoteAddress: '203.0.113.5' }, { headers: { via: '1.1 proxy' } }]) {
      for (const url of ['/orders', '/', '/nothing', '/sign-in', '/session', '/metrics', '/openapi.json']) {
        const answer = await app.inject({ url, ...from });
        expect([answer.statusCode, problemOf.parse(answer.json()).type]).toEqual([
          403,
          '/problems/keys-needed-first',
        ]);
      }
      expect((await app.inject({ url: '/livez', ...from })).statusCode).toBe(200);
    }
  });
});

describe('an address', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5'],
    ['::ffff:203.0.113.5', '203.0.113.5'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['203.0.113.5:61000', '203.0.113.5'],
    ['[2001:db8:1:2::9]:61000', '2001:db8:1:2::/64'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (address, network) => {
    expect(toNetwork(address)).toBe(network);
  });
});

describe('connections', () => {
  const open = (settings: Record<string, string | number>) => {
    const server = createServer();
    // Only the limit is tried, not what HTTP makes of the connections.
    server.removeAllListeners('connection');
    limitConnections(server, readSettings(settings));
    return (remoteAddress: string): Socket => {
      const socket = new Socket();
      const remoteFamily = remoteAddress.includes(':') ? 'IPv6' : 'IPv4';
      Object.defineProperties(socket, {
        remoteAddress: { value: remoteAddress },
        remoteFamily: { value: remoteFamily },
      });
      server.emit('connection', socket);
      return socket;
    };
  };
  const closed = (socket: Socket) => new Promise((done) => socket.once('close', done));

  it('of one address are so many at once, and one that ends makes room', async () => {
    const connect = open({ MAX_CONNECTIONS_PER_ADDRESS: 2 });
    const [first, second, third, other] = ['203.0.113.5', '203.0.113.5', '203.0.113.5', '203.0.113.6'].map(
      connect,
    );
    expect([first, second, third, other].map((socket) => socket?.destroyed)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    if (first === undefined || third === undefined) throw new Error('no sockets');
    await closed(third);
    expect(connect('203.0.113.5').destroyed).toBe(true);
    first.destroy();
    await closed(first);
    await new Promise(setImmediate);
    expect(connect('203.0.113.5').destroyed).toBe(false);
  });

  it('of one network of IPv6 are counted together', () => {
    const connect = open({ MAX_CONNECTIONS_PER_ADDRESS: 1 });
    const sockets = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'].map(connect);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
  });

  it('of this machine, and of proxies that are trusted, are not counted', () => {
    const connect = open({
      MAX_CONNECTIONS_PER_ADDRESS: 1,
      TRUST_PROXY: '10.0.0.0/8,uniquelocal,2001:db8::7',
    });
    const trusted = [
      '127.0.0.1',
      '::1',
      '10.1.2.3',
      '::ffff:10.1.2.3',
      '192.168.7.7',
      'fd00::1',
      '2001:db8::7',
    ];
    const sockets = [...trusted, ...trusted].map(connect);
    expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
  });
});
