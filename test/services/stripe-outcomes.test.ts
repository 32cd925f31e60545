// Each row of the table in docs/services.md, against a real server: what an answer says about the money.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import Stripe from 'stripe';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { judge } from '../../src/services/stripe-outcomes.ts';
import type { Fault } from '../support/stripe/faults.ts';
import { charge, chargeKey, lookUp, openClient, openGateway } from './stripe-gateway.ts';

const status = (code: number, error: Record<string, unknown> = { type: 'invalid_request_error' }): Fault => ({
  ...{ kind: 'status', status: code, error, headers: {} },
});

/** Name in the table, what the confirmation meets, the outcome, and whether money moved. */
const rows: readonly (readonly [name: string, fault: Fault, outcome: string, isCharged: boolean])[] = [
  ['402, the bank declined', { kind: 'decline', code: 'lost_card' }, 'declined', false],
  ['400 or 404', status(400), 'refused', false],
  ['400 or 404', status(404), 'refused', false],
  ['401 or 403', status(401), 'failed', false],
  ['401 or 403', status(403), 'failed', false],
  [
    '409, a request with this key is in progress',
    status(409, { type: 'invalid_request_error', code: 'idempotency_key_in_use' }),
    'unknown',
    false,
  ],
  ['429 (calls wait for the time in Retry-After)', status(429), 'failed', false],
  ['any other 4xx', status(418), 'unknown', false],
  ['5xx without the effect', { kind: 'error', effect: false }, 'unknown', false],
  ['5xx after the effect', { kind: 'error', effect: true }, 'unknown', true],
  ['reset before the request was handled', { kind: 'reset', effect: false }, 'unknown', false],
  ['reset after the effect', { kind: 'reset', effect: true }, 'unknown', true],
  ['time-out, without the effect', { kind: 'silent', effect: false }, 'unknown', false],
  ['time-out, after the effect', { kind: 'silent', effect: true }, 'unknown', true],
  ['malformed body', { kind: 'malformed' }, 'unknown', true],
  ['key used with other parameters', status(400, { type: 'idempotency_error' }), 'unknown', false],
];
const ofConnections = [
  ['connection refused', 'failed'],
  ['no TLS, or a certificate that is not trusted', 'failed'],
] as const;

describe('a charge', () => {
  it.each(rows)('whose confirmation meets "%s" (%o) is %s', async (_, fault, outcome, isCharged) => {
    const { double, send } = await openGateway({ timeoutMs: 300 });
    await double.setFaults([{ on: ['confirm'], times: 1, fault }]);
    expect(await send(charge())).toMatchObject({ type: `gateway.${outcome}` });
    // The next one says what is true, and the client itself sent nothing twice.
    const found = outcome === 'declined' ? 'declined' : isCharged ? 'charged' : 'absent';
    expect(await send(lookUp)).toMatchObject({ type: `gateway.${found}` });
    const { events } = await double.ledger();
    const confirmed = events.filter(({ request }) => request?.idempotency_key === `${chargeKey}/confirm/1`);
    expect(confirmed).toHaveLength(isCharged || outcome === 'declined' ? 1 : 0);
  });

  it('whose creation meets a time-out is failed, because nothing was confirmed', async () => {
    const { double, send } = await openGateway({ timeoutMs: 300 });
    await double.setFaults([{ on: ['create'], times: 1, fault: { kind: 'silent', effect: true } }]);
    expect(await send(charge())).toEqual({ type: 'gateway.failed', reason: 'not-created' });
    await pause(50);
    expect((await double.ledger()).intents).toMatchObject([{ status: 'requires_payment_method' }]);
  });

  it('is failed if the connection is refused', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = z.object({ port: z.int() }).parse(server.address());
    await new Promise((done) => server.close(done));
    const { send } = openClient(`http://127.0.0.1:${port}`);
    expect(await send(charge())).toEqual({ type: 'gateway.failed', reason: 'not-reached' });
  });

  it('is failed if there is no TLS', async () => {
    const { double } = await openGateway();
    const { send } = openClient(double.url.replace('http:', 'https:'));
    expect(await send(charge())).toEqual({ type: 'gateway.failed', reason: 'not-trusted' });
  });

  it('is failed if the secret key is not valid', async () => {
    const { double } = await openGateway();
    const { send } = openClient(double.url, { key: 'sk_test_other' });
    const reply = await send(charge());
    expect(reply).toEqual({ type: 'gateway.failed', reason: 'access-denied' });
  });

  it('waits after a 429 for the time that Stripe asks for, and sends nothing meanwhile', async () => {
    const { double, send } = await openGateway();
    const busy = { ...status(429), headers: { 'retry-after': '1' } } as const;
    await double.setFaults([{ on: ['create'], times: 1, fault: busy }]);
    const rateLimited = { type: 'gateway.failed', reason: 'rate-limited' };
    expect(await send(charge())).toEqual(rateLimited);
    // The longest wait of one call is shorter.
    expect(await send(charge({ attempt: 2 }))).toEqual(rateLimited);
    expect((await double.ledger()).intents).toEqual([]);
    await pause(900);
    expect(await send(charge({ attempt: 3 }))).toMatchObject({ type: 'gateway.charged' });
  });
});

describe('an error of the connection', () => {
  const judgeCode = (...codes: readonly string[]) => {
    const causes = codes.map((code) => Object.assign(new Error(code), { code }));
    const cause = causes.length === 1 ? causes[0] : new AggregateError(causes);
    const detail = new TypeError('fetch failed', { cause });
    return judge(new Stripe.errors.StripeConnectionError({ detail, type: 'api_error' }), { now: () => 0 });
  };

  it.each(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])(
    'about a certificate (%s) means that nothing was sent',
    (code) => {
      expect(judgeCode(code)).toEqual({ kind: 'failed', reason: 'not-trusted' });
    },
  );

  it('means that nothing was sent only if no address was reached', () => {
    expect(judgeCode('ECONNREFUSED', 'ENETUNREACH')).toEqual({ kind: 'failed', reason: 'not-reached' });
    expect(judgeCode('ECONNREFUSED', 'ECONNRESET')).toMatchObject({ kind: 'unknown' });
  });

  it.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'])(
    'that can come later (%s) says nothing about the money',
    (code) => {
      expect(judgeCode(code)).toMatchObject({ kind: 'unknown' });
    },
  );
});

test('the table in docs/services.md has these rows, and no other', async () => {
  const text = await readFile(new URL('../../docs/services.md', import.meta.url), 'utf8');
  const [, table = ''] = /\| When the charge is confirmed .*\n\| --- .*\n((?:\|.*\n)+)/.exec(text) ?? [];
  const written = [...table.matchAll(/^\| (.+) \| (\w+) \|$/gm)].map(
    ([, name, outcome]) => `${name}: ${outcome}`,
  );
  const tested = [...rows.map(([name, , outcome]) => [name, outcome]), ...ofConnections];
  expect(written.toSorted()).toEqual([...new Set(tested.map((row) => row.join(': ')))].toSorted());
});
