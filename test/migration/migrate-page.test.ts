// Pages of a migration over the memory store: what becomes of each order, by version and state, and where to continue.
import { expect, test } from 'vitest';
import { newestVersion as to } from '../../machines/registry.ts';
import type { Application } from '../../src/application.ts';
import { AppError } from '../../src/errors.ts';
import type { MigrationOutcome } from '../../src/host.ts';
import { createMigratePage } from '../../src/migration/migrate-page.ts';
import { type MigratingHost, type MigrationPageRequest, mergeGroups } from '../../src/migration.ts';
import { shop } from '../../src/shop/shop.ts';
import type { OrderView } from '../../src/shop/view.ts';
import { defineMigration } from '../../src/step/migration-rules.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import {
  type Answer,
  chargeAll,
  createCounter,
  never,
  openHost,
  place,
  settleNow,
  shut,
  widgets,
} from '../hosts/harness.ts';
import { shopOfVersion1 } from '../released-shop.ts';

const realTime = {
  soon: (callback: () => void) => void setImmediate(callback),
  schedule: (callback: () => void) => {
    const timer = setTimeout(callback, 0);
    return () => clearTimeout(timer);
  },
};
const request: MigrationPageRequest = {
  ...{ to, why: 'a better chart', who: 'ada', dryRun: false, back: false, filter: {}, limit: 500 },
};

/** Orders of version 1, placed by their customers, and pages over a host of today. */
const begin = async (
  customers: readonly string[],
  {
    application = shop,
    gateway = chargeAll,
  }: { application?: Application<OrderView>; gateway?: Answer<'gateway'> } = {},
) => {
  const store = createMemoryStore();
  const ids = createCounter();
  const before = await openHost({
    ...{ store, ids, gateway, application: shopOfVersion1, settings: { DRAIN_MS: 0 } },
  });
  const placed: string[] = [];
  for (const customerId of customers) {
    placed.push((await place(before, { ...widgets(1), customerId })).id);
    await settleNow(before);
    await before.clock.advance(1);
  }
  await shut(before, 0);
  const open = await openHost({ store, ids, clock: before.clock, application, gateway: never });
  return { open, placed, migratePage: createMigratePage(open.host, realTime) };
};

/** The shop's rule, but for some customers. */
const ruleExcept = (
  change: (customerId: string, system: ReturnType<NonNullable<typeof shopRule>>) => typeof system,
) => {
  if (shopRule === undefined) throw new Error('the shop has a rule');
  const rule = shopRule;
  const migrations = {
    [`1→${to}`]: defineMigration((system, context) =>
      change(String(system.actors['order']?.context.customerId), rule(system, context)),
    ),
  };
  return { ...shop, migrations } satisfies Application<OrderView>;
};
const shopRule = shop.migrations?.[`1→${to}`];

test('a dry run groups what would happen, and stores nothing; the same page then does it', async () => {
  const { open, placed, migratePage } = await begin(['ada', 'bob', 'ada']);
  const group = { from: '1', state: 'completed', count: 3, examples: placed.toReversed(), reasons: [] };
  const expected = { next: null, orders: 3, groups: [{ ...group, outcome: 'moves' }] };
  expect(await migratePage({ ...request, dryRun: true })).toEqual(expected);
  expect(await open.store.chartVersions()).toEqual({ 1: 3 });
  expect(await migratePage(request)).toEqual(expected);
  expect(await open.store.chartVersions()).toEqual({ [to]: 3 });
  const [{ data } = { data: {} }] = (await open.host.received(placed[0] ?? '', 0, 100)).slice(-1);
  expect(data).toMatchObject({ from: '1', to, why: 'a better chart', who: 'ada' });
  await shut(open);
});

test('a page done twice moves nothing twice: the second finds nothing, or orders that are there already', async () => {
  const { open, placed, migratePage } = await begin(['ada']);
  await migratePage(request);
  const [id = ''] = placed;
  const messages = await open.host.received(id, 0, 100);
  expect(await migratePage(request)).toEqual({ next: null, orders: 0, groups: [] });
  expect(await migratePage({ ...request, filter: { from: [to] } })).toMatchObject({
    groups: [{ outcome: 'already-there', count: 1 }],
  });
  expect(await open.host.received(id, 0, 100)).toEqual(messages);
  await shut(open);
});

test('pages follow one another by their cursor, and neither repeat nor miss an order', async () => {
  const { open, placed, migratePage } = await begin(Array.from({ length: 7 }, () => 'ada'));
  for (const dryRun of [true, false]) {
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await migratePage({ ...request, dryRun, limit: 3, ...(after !== undefined && { after }) });
      seen.push(...page.groups.flatMap(({ examples }) => examples));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(seen).toEqual(placed.toReversed());
  }
  await expect(migratePage({ ...request, after: 'ghost' })).rejects.toMatchObject({
    code: 'invalid-request',
  });
  await shut(open);
});

test('orders that would be stuck or change are told apart, with the reasons', async () => {
  const application = ruleExcept((customerId, system) => {
    if (customerId === 'eve') throw new Error('eve stays');
    if (customerId === 'zoe') {
      const [deadline = ''] = Object.keys(system.deadlines);
      return { ...system, deadlines: {}, drops: { deadlines: [deadline] } };
    }
    return customerId === 'bob'
      ? { ...system, calls: {}, drops: { calls: Object.keys(system.calls) } }
      : system;
  });
  const { open, migratePage } = await begin(['ada', 'bob', 'eve', 'eve', 'zoe'], {
    application,
    gateway: never,
  });
  const rehearsed = await migratePage({ ...request, dryRun: true });
  expect(rehearsed.groups).toEqual([
    expect.objectContaining({ state: 'paying', outcome: 'moves', count: 1 }),
    expect.objectContaining({
      ...{ outcome: 'moves-with-changes', count: 1 },
      reasons: [expect.stringMatching(/^the call \S+ \(gateway\.charge\) is dropped$/)],
    }),
    expect.objectContaining({
      ...{ outcome: 'stuck', count: 3 },
      reasons: expect.arrayContaining(['eve stays', expect.stringContaining('which is not set')]),
    }),
  ]);
  expect((await migratePage(request)).groups).toEqual(rehearsed.groups);
  expect(await open.store.chartVersions()).toEqual({ 1: 3, [to]: 2 });
  await shut(open, 600_000);
});

test('going back undoes the last move, and leaves alone what was never moved', async () => {
  const { open, placed, migratePage } = await begin(['ada', 'bob']);
  const back = { ...request, to: '1', back: true };
  await migratePage({ ...request, filter: { owner: 'ada' } });
  const { id } = await place(open, { ...widgets(1), customerId: 'new' });
  const expected = {
    orders: 2,
    groups: [
      { state: 'completed', outcome: 'moves', examples: [placed[0]] },
      { state: 'paying', outcome: 'not-moved', examples: [id] },
    ],
  };
  expect(await migratePage({ ...back, dryRun: true })).toMatchObject(expected);
  expect(await open.store.chartVersions()).toEqual({ 1: 1, [to]: 2 });
  expect(await migratePage(back)).toMatchObject(expected);
  expect(await open.store.chartVersions()).toEqual({ 1: 2, [to]: 1 });
  await shut(open, 600_000);
});

test('a version that is not known is refused, also where there is no order', async () => {
  const { open, migratePage } = await begin([]);
  for (const dryRun of [true, false]) {
    await expect(migratePage({ ...request, to: '9', dryRun })).rejects.toMatchObject({
      code: 'invalid-request',
      message: `There is no chart version 9; there are 1, ${to}.`,
    });
  }
  await shut(open);
});

/** A host that has these orders and gives these answers. */
const answering = (
  outcomes: Readonly<Record<string, MigrationOutcome | Error>>,
): MigratingHost & { asked: string[] } => {
  const asked: string[] = [];
  return {
    asked,
    rehearse: async () => [],
    list: async () =>
      Object.keys(outcomes).map((id) => ({
        ...toView(id),
        ...(id === 'torn' && { unreadable: 'it is torn' }),
      })),
    migrate: async ({ orderId }) => {
      asked.push(orderId);
      const outcome = outcomes[orderId];
      if (outcome === undefined || outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
};
const toView = (id: string) => ({
  ...{
    id,
    version: 1,
    state: 'paying',
    settled: false,
    actors: {},
    owner: 'ada',
    incidents: [],
    deadlines: [],
  },
  ...{ calls: [], moves: [], correlationId: 'c', chartVersion: '1', createdAt: 1, updatedAt: 1 },
});

test('an order that cannot be read is not tried; one that is refused is stuck; the others are moved', async () => {
  const host = answering({
    one: { kind: 'moved', from: '1', changes: [] },
    two: { kind: 'needs-rule', text: 'no such state' },
    torn: { kind: 'already-there' },
    busy: new AppError('version-mismatch', 'it changes again and again'),
  });
  const { groups } = await createMigratePage(host, realTime)(request);
  expect(groups.map(({ state, outcome, reasons }) => [state, outcome, ...reasons])).toEqual([
    ['paying', 'moves'],
    ['paying', 'needs-rule', 'no such state'],
    ['paying', 'stuck', 'it changes again and again'],
    ['unreadable', 'unreadable', 'it is torn'],
  ]);
  expect(host.asked).toEqual(['one', 'two', 'busy']);
});

test('a host that closes ends the page after what is under way', async () => {
  const host = answering({
    one: new AppError('closing', 'The service is closing.'),
    two: { kind: 'moved', from: '1', changes: [] },
  });
  await expect(createMigratePage(host, realTime)(request)).rejects.toMatchObject({ code: 'closing' });
  expect(host.asked).toEqual(['one', 'two']);
});

test('groups of several pages are merged: counts are added, examples and reasons stay few', () => {
  const group = { from: '1', state: 'paying', outcome: 'stuck' as const, count: 2 };
  const merged = mergeGroups([
    { ...group, examples: ['a', 'b'], reasons: ['lost'] },
    { ...group, state: 'completed', outcome: 'moves', examples: ['x'], reasons: [] },
    { ...group, count: 5, examples: ['c', 'd', 'e', 'f'], reasons: ['lost', 'deaf'] },
  ]);
  expect(merged).toEqual([
    { ...group, state: 'completed', outcome: 'moves', examples: ['x'], reasons: [] },
    { ...group, count: 7, examples: ['a', 'b', 'c', 'd', 'e'], reasons: ['lost', 'deaf'] },
  ]);
});

test('a host that is overloaded is asked again; one that stays so refuses the page', async () => {
  const { open, placed } = await begin(['ada']);
  const overloaded = new AppError('overloaded', 'Too many messages wait for their commit');
  let refusals = 2;
  const host: MigratingHost = {
    list: open.host.list,
    rehearse: open.host.rehearse,
    migrate: async (migration) => {
      refusals -= 1;
      if (refusals >= 0) throw overloaded;
      return open.host.migrate(migration);
    },
  };
  const migratePage = createMigratePage(host, realTime);
  expect(await migratePage(request)).toMatchObject({ groups: [{ outcome: 'moves', examples: placed }] });
  refusals = 1000;
  await expect(migratePage({ ...request, to: '1', back: true })).rejects.toBe(overloaded);
  await shut(open);
});
