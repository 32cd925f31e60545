// What a decision needs again is not read again, as long as nothing can have changed it.
import { beforeEach, expect, test } from 'vitest';
import type { Row } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import type { BatchWrite } from '../../src/store.ts';
import { withCache } from '../../src/stores/committed-cache.ts';
import { lease, toWrite } from '../contracts/store-samples.ts';

let asked: string[];
let fails: boolean;
let stored: Map<string, Row>;
let access: ReturnType<typeof withCache>;

beforeEach(() => {
  [asked, fails, stored] = [[], false, new Map([['products/a', { held: 1 }]])];
  access = withCache({
    orders: (needed) => {
      asked.push(...needed.keys());
      return new Map([...needed.keys()].map((id) => [id, { version: 1, lastSeq: 0, system: '{}' }]));
    },
    received: () => [],
    records: () => [],
    rows: (keys) => {
      asked.push(...keys);
      return new Map(keys.flatMap((key) => (stored.has(key) ? [[key, stored.get(key) ?? {}]] : [])));
    },
    rowAtHand: () => undefined,
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

test('a row is read once, and is then at hand', () => {
  expect(access.rowAtHand('products/a')).toBeUndefined();
  for (const time of ['first', 'second']) {
    expect(access.rows(['products/a']).get('products/a'), time).toEqual({ held: 1 });
  }
  expect(asked).toEqual(['products/a']);
  expect(access.rowAtHand('products/a')).toEqual({ held: 1 });
});

test('a row that is not there is asked for again', () => {
  access.rows(['products/b']);
  access.rows(['products/b']);
  expect(asked).toEqual(['products/b', 'products/b']);
});

test('what was written is known without a read, from when it is durable', async () => {
  const store = access.prepare(toBatch({ 'products/b': { held: 2 } }));
  expect(access.rowAtHand('products/b')).toBeUndefined();
  await store();
  expect(access.rowAtHand('products/b')).toEqual({ held: 2 });
  expect(access.orders(new Map([['a', 1]])).get('a')).toEqual({ version: 1, lastSeq: 0 });
  expect(asked).toEqual([]);
});

test('an order is read if its caller does not have it at the version that was written last', async () => {
  await access.prepare(toBatch())();
  for (const version of [undefined, 7]) {
    expect(access.orders(new Map([['a', version]])).get('a')).toMatchObject({ system: '{}' });
  }
  expect(asked).toEqual(['a', 'a']);
});

test('after a write that failed everything is read again', async () => {
  await access.prepare(toBatch({ 'products/b': { held: 2 } }))();
  access.rows(['products/a']);
  fails = true;
  await expect(access.prepare(toBatch({ 'products/b': { held: 3 } }))()).rejects.toThrow('full');
  expect(access.rowAtHand('products/a')).toBeUndefined();
  expect(access.rowAtHand('products/b')).toBeUndefined();
  access.orders(new Map([['a', 1]]));
  expect(asked).toEqual(['products/a', 'a']);
});

test('what was written the longest ago is forgotten when there is too much', async () => {
  const rows = Object.fromEntries(
    Array.from({ length: limits.cachedRows }, (_, index) => [`rows/${index}`, { index }]),
  );
  await access.prepare(toBatch(rows))();
  expect(access.rowAtHand('rows/0')).toBeDefined();
  await access.prepare(toBatch({ 'rows/1': { index: 1 }, 'rows/new': {} }))();
  expect(
    ['rows/0', 'rows/1', 'rows/2', 'rows/new'].map((key) => access.rowAtHand(key) !== undefined),
  ).toEqual([false, true, true, true]);
});
