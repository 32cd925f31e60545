// What a decision needs again is not read again, as long as nothing can have changed it.
import { beforeEach, expect, test } from 'vitest';
import type { Row } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import type { BatchWrite } from '../../src/store.ts';
import { nothingFound } from '../../src/stores/batch-access.ts';
import { withCache } from '../../src/stores/committed-cache.ts';
import { lease, toNeeds, toWrite } from '../contracts/store-samples.ts';

let asked: string[];
let fails: boolean;
let stored: Map<string, Row>;
let access: ReturnType<typeof withCache>;
const prepare = (batch: BatchWrite) => access.prepare(batch, { keys: new Set(), messages: new Set() });
const loadRows = async (keys: readonly string[]) => (await access.load(toNeeds([], { rows: keys }))).rows;
const loadOrder = async (version: number | undefined) =>
  (await access.load({ ...toNeeds([]), orders: new Map([['a', version]]) })).orders.get('a');

beforeEach(() => {
  [asked, fails, stored] = [[], false, new Map([['products/a', { held: 1 }]])];
  access = withCache({
    load: ({ orders, rows }) => {
      asked.push(...orders.keys(), ...rows);
      const toOrder = (id: string) => [id, { version: 1, lastSeq: 0, system: '{}' }] as const;
      const found = rows.flatMap((key) => (stored.has(key) ? [[key, stored.get(key) ?? {}] as const] : []));
      return { ...nothingFound, orders: new Map([...orders.keys()].map(toOrder)), rows: new Map(found) };
    },
    rowAtHand: () => undefined,
    isShared: false,
    prepare: () => async () => {
      if (fails) throw new Error('full');
    },
  });
});

const toBatch = (rows: Readonly<Record<string, Row>> = {}): BatchWrite => ({
  orders: [toWrite('a', 0)],
  rows: {
    changed: Object.entries(rows).map(([key, after]) => ({ key, before: undefined, after })),
    appended: [],
  },
  lease,
});

test('a row is read once, and is then at hand', async () => {
  expect(access.rowAtHand('products/a')).toBeUndefined();
  for (const time of ['first', 'second']) {
    expect((await loadRows(['products/a'])).get('products/a'), time).toEqual({ held: 1 });
  }
  expect(asked).toEqual(['products/a']);
  expect(access.rowAtHand('products/a')).toEqual({ held: 1 });
});

test('a row that is not there is asked for again', async () => {
  await loadRows(['products/b']);
  await loadRows(['products/b']);
  expect(asked).toEqual(['products/b', 'products/b']);
});

test('what was written is known without a read, from when it is durable', async () => {
  const store = prepare(toBatch({ 'products/b': { held: 2 } }));
  expect(access.rowAtHand('products/b')).toBeUndefined();
  await store();
  expect(access.rowAtHand('products/b')).toEqual({ held: 2 });
  expect(await loadOrder(1)).toEqual({ version: 1, lastSeq: 0 });
  expect(asked).toEqual([]);
});

test('an order is read if its caller does not have it at the version that was written last', async () => {
  await prepare(toBatch())();
  for (const version of [undefined, 7]) {
    expect(await loadOrder(version)).toMatchObject({ system: '{}' });
  }
  expect(asked).toEqual(['a', 'a']);
});

test('what was read before a write ended is not kept in place of what it wrote', async () => {
  const store = prepare(toBatch({ 'products/a': { held: 2 } }));
  const reading = loadRows(['products/a']);
  await store();
  await reading;
  expect(access.rowAtHand('products/a')).toEqual({ held: 2 });
});

test('after a write that failed everything is read again', async () => {
  await prepare(toBatch({ 'products/b': { held: 2 } }))();
  await loadRows(['products/a']);
  fails = true;
  await expect(prepare(toBatch({ 'products/b': { held: 3 } }))()).rejects.toThrow('full');
  expect(access.rowAtHand('products/a')).toBeUndefined();
  expect(access.rowAtHand('products/b')).toBeUndefined();
  await loadOrder(1);
  expect(asked).toEqual(['products/a', 'a']);
});

test('what was written the longest ago is forgotten when there is too much', async () => {
  const rows = Object.fromEntries(
    Array.from({ length: limits.cachedRows }, (_, index) => [`rows/${index}`, { index }]),
  );
  await prepare(toBatch(rows))();
  expect(access.rowAtHand('rows/0')).toBeDefined();
  await prepare(toBatch({ 'rows/1': { index: 1 }, 'rows/new': {} }))();
  expect(
    ['rows/0', 'rows/1', 'rows/2', 'rows/new'].map((key) => access.rowAtHand(key) !== undefined),
  ).toEqual([false, true, true, true]);
});
