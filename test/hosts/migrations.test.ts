// Orders of the shop that are moved to the newest chart version while their host runs: what is under way goes on, the way
// back is open until something happens, and the doctor and the timeline pass through it.
import { expect, test } from 'vitest';
import { newestVersion } from '../../machines/registry.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import { createTimeline } from '../../src/inspector/server/timeline.ts';
import { fromVersion1 } from '../../src/shop/from-version-1.ts';
import { shop } from '../../src/shop/shop.ts';
import type { Migration } from '../../src/step/migration-rules.ts';
import { RefusedWrite } from '../../src/store.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { openScratchStore } from '../../src/stores/sqlite-scratch.ts';
import { shopOfVersion1 } from '../released-shop.ts';
import { interceptWrites } from '../stores/intercept.ts';
import {
  type Answer,
  chargeAll,
  createCounter,
  never,
  type OpenHost,
  openHost,
  place,
  settle,
  settleNow,
  shut,
  widgets,
} from './harness.ts';

const to = newestVersion;
const wish = { to, why: 'a better chart', who: 'ada' };

/** An order of version 1, taken by a node of release 0.1.0, and a node of today over the same store. */
const begin = async ({
  before: first = never,
  now = chargeAll,
}: Partial<Record<string, Answer<'gateway'>>> = {}) => {
  const { store, openAudit, remove } = openScratchStore(shop);
  const ids = createCounter();
  const settings = { DRAIN_MS: 0 };
  const before = await openHost({ store, ids, settings, application: shopOfVersion1, gateway: first });
  const { id } = await place(before, widgets(1));
  await settleNow(before);
  await shut(before, 0);
  const open = await openHost({ store, ids, clock: before.clock, gateway: now });
  const end = async () => {
    await shut(open);
    const { checks, notes } = await createExamine(shop)(openAudit(open.clock.now()), { atRest: true });
    expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
    expect(notes.filter((note) => note.includes('not replayed'))).toEqual([]);
    await remove();
  };
  return { open, id, end };
};
const migrationsOf = async ({ host }: OpenHost, id: string) =>
  (await host.received(id, 0, 100)).filter(({ type }) => type === 'system.migrated');

/** The shop's rule, and another command in every call. */
const changeCalls =
  (changes: Readonly<Record<string, unknown>>): Migration =>
  (system, context) => {
    const moved = fromVersion1(system, context);
    const calls = Object.entries(moved.calls).map(([callId, { command, ...call }]) => [
      callId,
      { ...call, command: { ...command, ...changes } },
    ]);
    return { ...moved, calls: Object.fromEntries(calls) };
  };

test('an order whose charge is under way is moved, and its charge is answered on the new charts', async () => {
  const released = Promise.withResolvers<void>();
  const { open, id, end } = await begin({
    now: async (call) => {
      await released.promise;
      return chargeAll(call);
    },
  });
  await settleNow(open);
  expect(await open.host.migrate({ orderId: id, ...wish })).toEqual({
    kind: 'moved',
    from: '1',
    changes: [],
  });
  expect(await open.host.get(id)).toMatchObject({ chartVersion: to, state: 'paying' });
  released.resolve();
  expect(await settle(open, id)).toMatchObject({ chartVersion: to, state: 'completed', paidAmount: 5000 });
  expect(open.gatewayCalls).toHaveLength(1);
  const [message] = await migrationsOf(open, id);
  expect(message).toMatchObject({ to: 'order', disposition: 'applied', data: { from: '1', ...wish } });
  const versions: string[] = [];
  for await (const { point } of createTimeline(shop).read(open.host, id))
    versions.push(point.view.chartVersion);
  expect(new Set(versions)).toEqual(new Set(['1', to]));
  await end();
});

test('a call that a rule changes may have been made by another host: its failure says nothing', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const before = await openHost({ store, ids, application: shopOfVersion1, gateway: never, shared: true });
  const { id } = await place(before, widgets(1));
  await settleNow(before);
  const application = { ...shop, migrations: { [`1→${to}`]: changeCalls({ capture: 'later' }) } };
  const refuse: Answer<'gateway'> = (call) =>
    call.command.type === 'gateway.charge' ? { type: 'gateway.failed', reason: 'no' } : chargeAll(call);
  const now = await openHost({ store, ids, clock: before.clock, application, gateway: refuse, shared: true });
  expect(await now.host.migrate({ orderId: id, ...wish })).toMatchObject({ kind: 'moved' });
  await settleNow(now);
  expect(now.gatewayCalls).toHaveLength(1);
  expect((await now.host.received(id, 0, 100)).at(-1)).toMatchObject({ type: 'gateway.unknown' });
  await shut(now);
  await shut(before);
});

test.each([
  [{ amount: 9999 }, 'gateway.charge is about 9999 USD of 5000 USD'],
  [{ key: 'another' }, 'another'],
])('a rule whose calls would break an invariant moves nothing: %j', async (changes, problem) => {
  const store = createMemoryStore();
  const ids = createCounter();
  const settings = { DRAIN_MS: 0 };
  const before = await openHost({ store, ids, settings, application: shopOfVersion1, gateway: never });
  const { id } = await place(before, widgets(1));
  await settleNow(before);
  await shut(before, 0);
  const application = { ...shop, migrations: { [`1→${to}`]: changeCalls(changes) } };
  const now = await openHost({ store, ids, clock: before.clock, application });
  expect(await now.host.migrate({ orderId: id, ...wish })).toEqual({
    kind: 'stuck',
    text: expect.stringContaining(problem),
  });
  await settleNow(now);
  expect(now.gatewayCalls).toMatchObject([{ command: { amount: 5000, key: `${id}/charge/1` } }]);
  await shut(now);
});

test('a call that waits for its turn is not made if a migration drops it', async () => {
  const dropAll: Migration = (system, context) => ({
    ...fromVersion1(system, context),
    calls: {},
    drops: { calls: Object.keys(system.calls) },
  });
  const released = Promise.withResolvers<void>();
  const hold: Answer<'gateway'> = async (call) => {
    await released.promise;
    return chargeAll(call);
  };
  const store = createMemoryStore();
  const ids = createCounter();
  const settings = { DRAIN_MS: 0, MAX_CALLS_IN_FLIGHT: 1 };
  const application = {
    ...shop,
    ...shopOfVersion1,
    otherVersions: { [to]: shop },
    migrations: { [`1→${to}`]: dropAll },
  };
  const open = await openHost({ store, ids, settings, application, gateway: hold });
  const placed = await Promise.all([place(open, widgets(1)), place(open, widgets(1))]);
  await settleNow(open);
  const [, waiting] = placed;
  expect(open.gatewayCalls).toHaveLength(1);
  expect(await open.host.migrate({ orderId: waiting.id, ...wish })).toMatchObject({ kind: 'moved' });
  released.resolve();
  await settleNow(open);
  expect(open.gatewayCalls.map(({ orderId }) => orderId)).not.toContain(waiting.id);
  await shut(open);
});

test('a completed order is moved, and refunded on the new charts', async () => {
  const { open, id, end } = await begin({ before: chargeAll });
  expect(await open.host.migrate({ orderId: id, ...wish })).toMatchObject({ kind: 'moved' });
  expect(await open.host.migrate({ orderId: id, ...wish })).toEqual({ kind: 'already-there' });
  const message = { type: 'order.refund', refundId: 'r-1', reason: 'late' } as const;
  await open.host.send({ orderId: id, to: 'order', message, otherwise: 'refuse' });
  await settle(open, id);
  expect(await open.host.get(id)).toMatchObject({ chartVersion: to, refundedAmount: 5000 });
  await end();
});

test('an order goes back while nothing has happened to it since, and only to where it was', async () => {
  const { open, id, end } = await begin({ before: chargeAll });
  const back = { orderId: id, ...wish, to: '1', back: true };
  expect(await open.host.migrate(back)).toEqual({ kind: 'already-there' });
  const before = await open.host.get(id);
  await open.host.migrate({ orderId: id, ...wish });
  expect(await open.host.migrate({ ...back, to })).toEqual({ kind: 'already-there' });
  expect(await open.host.migrate(back)).toMatchObject({ kind: 'moved', from: to });
  const { version: _, updatedAt, ...same } = before ?? {};
  expect(await open.host.get(id)).toMatchObject(same);
  await open.host.migrate({ orderId: id, ...wish });
  const message = { type: 'order.refund', refundId: 'r-1', amount: 100, reason: 'late' } as const;
  await open.host.send({ orderId: id, to: 'order', message, otherwise: 'refuse' });
  await settle(open, id);
  const text = 'it has received other messages since it was migrated';
  expect(await open.host.migrate(back)).toEqual({ kind: 'stuck', text });
  expect((await migrationsOf(open, id)).map(({ data }) => data['to'])).toEqual([to, '1', to]);
  await end();
});

test('an order with a message that could not be committed goes back like any other', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const settings = { DRAIN_MS: 0 };
  const before = await openHost({ store, ids, settings, application: shopOfVersion1, gateway: never });
  const { id } = await place(before, widgets(1));
  await settleNow(before);
  await shut(before, 0);
  const refusing = interceptWrites(store, ({ orders }, proceed) => {
    const messages = orders.flatMap(({ received }) => received);
    const isPaid = messages.some((each) => each.type === 'gateway.charged' && each.disposition === 'applied');
    return isPaid ? Promise.reject(new RefusedWrite(new Error('no room'))) : proceed();
  });
  const open = await openHost({ store: refusing, ids, clock: before.clock });
  await settleNow(open);
  expect(await open.host.get(id)).toMatchObject({ incidents: [{ reason: 'message-quarantined' }] });
  const isMoved = { kind: 'moved' };
  expect(await open.host.migrate({ orderId: id, ...wish })).toMatchObject(isMoved);
  expect(await open.host.migrate({ orderId: id, ...wish, to: '1', back: true })).toMatchObject(isMoved);
  expect(await open.host.get(id)).toMatchObject({
    ...{ chartVersion: '1', state: 'paying', incidents: [{ reason: 'message-quarantined' }] },
  });
  await shut(open, 0);
});

test('a rehearsal says what a migration would lead to, and changes nothing', async () => {
  const { open, id, end } = await begin({ before: chargeAll });
  const before = await open.host.received(id, 0, 100);
  expect(await open.host.rehearse(to, { limit: 10 })).toEqual([
    {
      orderId: id,
      chartVersion: '1',
      state: 'completed',
      outcome: { kind: 'moved', from: '1', changes: [] },
    },
  ]);
  expect(await open.host.rehearse(to, { limit: 10, chartVersions: [to] })).toEqual([]);
  expect(await open.host.received(id, 0, 100)).toEqual(before);
  expect(await open.host.get(id)).toMatchObject({ chartVersion: '1' });
  await end();
});

test('a version that is not known is refused, with those that are', async () => {
  const { open, id, end } = await begin({ before: chargeAll });
  const refusal = { code: 'invalid-request', message: `There is no chart version 3; there are 1, ${to}.` };
  await expect(open.host.migrate({ orderId: id, ...wish, to: '3' })).rejects.toMatchObject(refusal);
  await expect(open.host.rehearse('3', { limit: 10 })).rejects.toMatchObject(refusal);
  await expect(open.host.migrate({ orderId: 'none', ...wish })).rejects.toMatchObject({
    code: 'order-not-found',
  });
  await end();
});

test('a rule that writes a command which its service is not declared to take is refused', async () => {
  const otherMethod: Migration = (system, context) => {
    const moved = fromVersion1(system, context);
    const calls = Object.entries(moved.calls).map(([callId, { command, ...call }]) => [
      callId,
      { ...call, command: { ...command, method: 'not-declared' } },
    ]);
    return { ...moved, calls: Object.fromEntries(calls) };
  };
  const store = createMemoryStore();
  const ids = createCounter();
  const settings = { DRAIN_MS: 0 };
  const before = await openHost({ store, ids, settings, application: shopOfVersion1, gateway: never });
  const { id: orderId } = await place(before, widgets(1));
  await settleNow(before);
  await shut(before, 0);
  const application = { ...shop, migrations: { [`1→${to}`]: otherMethod } };
  const open = await openHost({ store, ids, clock: before.clock, application });
  expect(await open.host.migrate({ orderId, ...wish })).toMatchObject({ kind: 'stuck' });
  await shut(open, 0);
});
