// Who did what with an order: the principal in every message's envelope, what was before and after, and notes.
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Scope } from '../../src/access.ts';
import { chargeAll } from '../hosts/harness.ts';
import { createEdge, type Edge, withIncident } from './edge.ts';

const auditOf = z.object({
  entries: z.array(
    z.object({
      version: z.number(),
      who: z.string().nullable(),
      kind: z.string(),
      type: z.string(),
      before: z.record(z.string(), z.unknown()).nullable(),
      after: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
  notes: z.array(z.object({ who: z.string().nullable(), kind: z.string(), text: z.string() })),
  next: z.string().nullable(),
});

const keyFor = async ({ keys }: Edge, principal: string, ...scopes: Scope[]) => {
  const limits = { owner: null, expiresAt: null, requestsPerMinute: null, refundsPerDay: null };
  const { token } = await keys.create({ principal, scopes, ...limits });
  return { authorization: `Bearer ${token}` };
};
const readAudit = async ({ get }: Edge, id: string, headers: Record<string, string> = {}, query = '') =>
  auditOf.parse((await get(`/orders/${id}/audit${query}`, headers)).json());

test('every message that somebody asked for says who, and what it changed', async () => {
  const edge = await createEdge({ gateway: chargeAll });
  const clerk = await keyFor(edge, 'clerk', 'orders:read', 'money');
  const checkout = await keyFor(edge, 'checkout', 'orders:place');
  const placed = await edge.placeOrder({ ...checkout, prefer: 'wait=5' });
  const { id } = z.object({ id: z.string() }).parse(placed.json());
  const refund = { 'idempotency-key': 'refund-1', ...clerk };
  expect((await edge.post(`/orders/${id}/refunds`, { amount: 500 }, refund)).statusCode).toBe(201);
  const { entries } = await readAudit(edge, id, clerk);
  const asked = entries.filter(({ who }) => who !== null);
  expect(asked.map(({ who, type, kind }) => [who, type, kind])).toEqual([
    ['checkout', 'order.place', 'message'],
    ['clerk', 'order.refund', 'message'],
  ]);
  expect(entries.every(({ who, kind }) => who === null || kind === 'message')).toBe(true);
  expect(asked[0]).toMatchObject({ version: 1, before: null, after: { state: 'validating', paidAmount: 0 } });
  const paid = entries.find(({ type }) => type === 'gateway.charged');
  expect(paid).toMatchObject({ who: null, before: { paidAmount: 0 }, after: { paidAmount: 17_500 } });
});

test('where no key is asked for, nobody is named', async () => {
  const edge = await createEdge();
  await edge.add('order-1');
  await edge.post('/orders/order-1/cancel', {});
  const { entries } = await readAudit(edge, 'order-1');
  expect(entries.filter(({ kind }) => kind === 'message').map(({ who, type }) => [who, type])).toEqual([
    [null, 'order.place'],
    [null, 'order.cancel'],
  ]);
});

test('pages go on where the one before ended, with the same changes', async () => {
  const edge = await createEdge({ gateway: chargeAll });
  const placed = await edge.placeOrder({ prefer: 'wait=5' });
  const { id } = z.object({ id: z.string() }).parse(placed.json());
  const whole = await readAudit(edge, id);
  const first = await readAudit(edge, id, {}, '?limit=1');
  const rest = await readAudit(edge, id, {}, `?after=${first.next}`);
  expect([...first.entries, ...rest.entries]).toEqual(whole.entries);
  expect(whole.entries.length).toBeGreaterThan(2);
});

test('an order that does not exist has no audit', async () => {
  const { get } = await createEdge();
  expect((await get('/orders/nothing/audit')).statusCode).toBe(404);
});

test('incidents are noted and assigned, and say so, while the order stays as it is', async () => {
  const edge = await createEdge(withIncident);
  const ada = await keyFor(edge, 'ada', 'orders:read', 'orders:place', 'incidents');
  const placed = await edge.placeOrder({ ...ada, prefer: 'wait=5' });
  const { id } = z.object({ id: z.string() }).parse(placed.json());
  const version = (await edge.get(`/orders/${id}`, ada)).headers['etag'];
  const note = await edge.post(`/orders/${id}/notes`, { text: 'The mailbox is full; called her.' }, ada);
  expect(note.statusCode).toBe(201);
  await edge.post(`/orders/${id}/assignment`, { to: 'bob' }, ada);
  const listed = async () => (await edge.get('/incidents', ada)).json().incidents[0];
  expect(await listed()).toMatchObject({ orderId: id, assignedTo: 'bob', notes: 1 });
  const { notes } = await readAudit(edge, id, ada);
  expect(notes).toEqual([
    { who: 'ada', kind: 'note', text: 'The mailbox is full; called her.' },
    { who: 'ada', kind: 'assignment', text: 'bob' },
  ]);
  await edge.post(`/orders/${id}/assignment`, { to: null }, ada);
  expect(await listed()).toMatchObject({ assignedTo: null });
  expect((await edge.get(`/orders/${id}`, ada)).headers['etag']).toBe(version);
});

test.each(['notes', 'assignment'])('%s of an order that does not exist are refused', async (what) => {
  const { post } = await createEdge();
  const body = what === 'notes' ? { text: 'hello' } : { to: 'bob' };
  expect((await post(`/orders/nothing/${what}`, body)).statusCode).toBe(404);
});

test('an order has so many notes, and then no more', async () => {
  const edge = await createEdge();
  await edge.add('order-1');
  const write = () => edge.post('/orders/order-1/notes', { text: 'again' });
  for (let count = 0; count < 500; count += 1) expect((await write()).statusCode).toBe(201);
  const refused = await write();
  expect([refused.statusCode, refused.json().type]).toEqual([409, '/problems/too-many-notes']);
});

test('audits are read one after the other, and of very many some are refused', async () => {
  const edge = await createEdge();
  await edge.add('order-1');
  const answers = await Promise.all(Array.from({ length: 60 }, () => edge.get('/orders/order-1/audit')));
  const statuses = answers.map(({ statusCode }) => statusCode);
  expect(new Set(statuses)).toEqual(new Set([200, 503]));
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(20);
  expect((await edge.get('/orders/order-1/audit')).statusCode).toBe(200);
});
