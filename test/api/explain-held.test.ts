// What GET /orders/{id}/explain says of an order that waits for a service which is not called as always.
import { expect, it } from 'vitest';
import { wish } from '../access/open-keys.ts';
import { chargeAll, settleNow } from '../hosts/harness.ts';
import { createEdge, type Edge, noon } from './edge.ts';

const since = new Date(noon).toISOString();
const minute = 60_000;
const reason = 'the bank\nis at work';
const patient = { PAY_WITHIN_MS: 86_400_000, RESERVATION_TTL_MS: 86_400_000 };

const explain = async ({ get }: Pick<Edge, 'get'>, headers: Record<string, string> = {}) =>
  (await get('/orders/order-1/explain', headers)).json();

const openPaused = async () => {
  const edge = await createEdge({ gateway: chargeAll, settings: patient });
  await edge.runner.pauseService('gateway', { reason, principal: 'ada' });
  await edge.add('order-1');
  await settleNow(edge);
  return edge;
};

it('an order that waits for a paused service is explained with since when and why it is paused', async () => {
  const edge = await openPaused();
  const said = await explain(edge);
  expect(said.held).toEqual([{ service: 'gateway', state: 'paused', since, reason }]);
  expect(said.summary).toContain(
    `Paying: waiting for the payment for 0 s; next deadline ${said.nextDeadline.dueAt}. The gateway has been paused since ${since} (the bank is at work).`,
  );
  expect((await edge.get('/orders/order-1')).json().calls).toMatchObject([{ service: 'gateway' }]);
});

it('a deadline that was postponed is named with the time that it had first', async () => {
  const edge = await openPaused();
  expect((await explain(edge)).postponed).toEqual([]);
  const { deadlines } = (await edge.get('/orders/order-1')).json();
  const first = deadlines.find(({ name }: { name: string }) => name === 'answerDeadline');
  await edge.clock.advance(10 * minute);
  const { postponed, summary } = await explain(edge);
  expect(postponed).toMatchObject([{ actor: 'payment', name: 'answerDeadline', firstDueAt: first.dueAt }]);
  const [{ dueAt }] = postponed;
  expect(Date.parse(dueAt)).toBeGreaterThan(noon + 10 * minute);
  expect(summary).toContain(
    `The deadline answerDeadline of the payment was postponed from ${first.dueAt} to ${dueAt}.`,
  );
  expect((await edge.get('/orders/order-1')).json().deadlines).toContainEqual({
    ...{ actor: 'payment', name: 'answerDeadline', dueAt, firstDueAt: first.dueAt },
  });
});

it('a customer learns that a service is paused, and not why', async () => {
  const edge = await openPaused();
  const { token } = await edge.keys.create({
    ...{ ...wish, principal: 'app', scopes: ['orders:read'], owner: 'customer-1' },
  });
  const said = await explain(edge, { authorization: `Bearer ${token}` });
  expect(said.held).toEqual([{ service: 'gateway', state: 'paused', since }]);
  expect(said.summary).toContain(`The gateway has been paused since ${since}.`);
  expect(JSON.stringify(said)).not.toMatch(/at work|ada/);
});

it('a service that the order does not wait for is not mentioned', async () => {
  const edge = await createEdge({ settings: patient });
  await edge.runner.pauseService('mailer', { reason, principal: undefined });
  await edge.add('order-1');
  await settleNow(edge);
  const said = await explain(edge);
  expect(said.held).toEqual([]);
  expect(said.summary).not.toContain('mailer');
});

it('an open circuit is explained with when it is tried again', async () => {
  const gateway = () => {
    throw new Error('down');
  };
  const edge = await createEdge({ gateway, settings: { ...patient, CIRCUIT_CALLS: 2 } });
  for (const id of ['order-2', 'order-3', 'order-4']) await edge.add(id);
  await settleNow(edge);
  await edge.add('order-1');
  await settleNow(edge);
  const { held, summary } = await explain(edge);
  expect(held).toMatchObject([
    { service: 'gateway', state: 'open', reason: 'most of its last calls failed' },
  ]);
  expect(summary).toContain(
    `The circuit of the gateway has been open since ${since} (most of its last calls failed); it is tried again at ${held[0].triedAgainAt}.`,
  );
});
