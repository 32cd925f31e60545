// Which rows a batch's decisions rest on without changing them: those have to be as the store has them.
import { expect, test } from 'vitest';
import { BatchRows } from '../src/batch-rows.ts';

const rowsOf = (...keys: readonly string[]): BatchRows => {
  const rows = new BatchRows();
  rows.add(keys, new Map(keys.map((key) => [key, { held: 1 }])));
  return rows;
};

test('a row that an order changes is checked against the store by that change', () => {
  const rows = rowsOf('a', 'b');
  const order = rows.forOrder();
  order.get('a');
  order.get('b');
  order.set('a', { held: 2 });
  order.keep();
  expect(rows.onlyRead()).toEqual(['b']);
});

test('a row that one order only read counts, although another one changed it', () => {
  const rows = rowsOf('a');
  const [reader, writer] = [rows.forOrder(), rows.forOrder()];
  reader.get('a');
  reader.keep();
  writer.set('a', { held: 2 });
  writer.keep();
  expect(rows.onlyRead()).toEqual(['a']);
});

test('a decision that fails rests on every row that it read: its changes do not count', () => {
  const rows = rowsOf('a');
  const failing = rows.forOrder();
  failing.get('a');
  failing.set('a', { held: 0 });
  expect(rows.onlyRead()).toEqual(['a']);
});

test('a decision that met a row which is not loaded is made again, and counts then', () => {
  const rows = rowsOf('a');
  const first = rows.forOrder();
  first.get('a');
  expect(() => first.get('none')).toThrow('none is not loaded');
  expect(rows.onlyRead()).toEqual([]);
});

test('a row that another load brings again stays as the decisions saw it: they change it by a difference', () => {
  const rows = rowsOf('a');
  const order = rows.forOrder();
  order.set('a', { held: 3 });
  order.keep();
  rows.add(
    ['b'],
    new Map([
      ['a', { held: 9 }],
      ['b', { held: 0 }],
    ]),
  );
  expect(rows.toChanges().changed).toEqual([{ key: 'a', before: { held: 1 }, after: { held: 3 } }]);
  expect(rows.forOrder().get('b')).toEqual({ held: 0 });
});
