// When two pieces of plain data are the same: as JSON, whatever the order of their properties.
import { expect, test } from 'vitest';
import { findDifferentPath, findOtherField, isSameData } from '../../src/step/same-data.ts';

test.each<[unknown, unknown]>([
  [1, 1],
  [
    { a: 1, b: [1, { c: null }] },
    { b: [1, { c: null }], a: 1 },
  ],
  [{ a: 1, gone: undefined }, { a: 1 }],
])('%j and %j are the same', (one, other) => {
  expect(isSameData(one, other)).toBe(true);
  expect(isSameData(other, one)).toBe(true);
});

test.each<[unknown, unknown]>([
  [1, '1'],
  [null, {}],
  [[], {}],
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { b: 1 }],
  [{ a: 1 }, { a: 1, b: 2 }],
  [[1, 2], [1]],
])('%j and %j are not', (one, other) => {
  expect(isSameData(one, other)).toBe(false);
  expect(isSameData(other, one)).toBe(false);
});

test.each<[unknown, unknown, string | undefined]>([
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, undefined],
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, 'a[1].b'],
  [{ a: [1] }, { a: [1, 2] }, 'a.length'],
  [{ a: 1 }, { a: 1, c: { d: 2 } }, 'c'],
  [1, 2, 'all of it'],
  [null, [], 'all of it'],
])('the first difference of %j and %j is at %s', (one, other, path) => {
  expect(findDifferentPath(one, other)).toBe(path);
});

test.each<[unknown, unknown, string | undefined]>([
  [{ a: 1, b: { c: 'x' } }, { a: 2, b: { c: null } }, undefined],
  [{ a: 1, b: { c: 'x' } }, { a: 1, b: { d: 'x' } }, 'b.c'],
  [{ a: 1 }, { a: 1, b: 2 }, 'b'],
  [{ a: { b: 1 } }, { a: null }, undefined],
  [undefined, { a: 1 }, undefined],
])('a field that only one of %j and %j has is %s', (one, other, path) => {
  expect(findOtherField(one, other)).toBe(path);
});
