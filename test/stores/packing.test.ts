// What an order's row has instead of its system (src/stores/sqlite-packing.ts).
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { toStored } from '../../src/step/snapshot.ts';
import { pack, unpack } from '../../src/stores/sqlite-packing.ts';
import { stories } from '../step/stories.ts';

const systems = stories.map(([name, tell]) => [name, toStored(tell().state())] as const);

test.each(systems)(
  'the system of an order that is %s is a fifth as long, and comes back as it was',
  (_, text) => {
    const packed = pack(text);
    expect(packed.length).toBeLessThan(text.length / 5);
    expect(unpack(packed)).toBe(text);
  },
);

test.each(['', '{}', '"ä", 注文 and \u0000', 'x'.repeat(100_000)])(
  'any text comes back as it was: %j',
  (text) => {
    expect(unpack(pack(text))).toBe(text);
  },
);

test('what was packed by this program when it first could is unpacked for ever', () => {
  const kept = '1:g5S0mJ0AI6ROAL6GOaydr1RbWwsA';
  expect(unpack(kept)).toBe('{"charts":"1","version":2,"events":1,"actors":{"order":{"value":"created"}}}');
});

test('every part of the first dictionary is what it was', () => {
  // The dictionary itself, packed with it: it refers to every byte of it.
  const kept = '1:7ddBCQAADAMx/65H2asWSkzckS8tBEAABEBAKgEBENBfgQAIgAAIgIBRBBw=';
  const digest = createHash('sha256').update(unpack(kept)).digest('hex');
  expect(digest).toBe('246fc6f4143abf48e7b8927f44f8f94a55168d8f2509752488481f0696599102');
});

test.each(['{"charts":"1"}', '', 'plain'])('what is not packed is taken as it is: %j', (text) => {
  expect(unpack(text)).toBe(text);
});

test.each(['1:', '1:!!!!', '1:AAAA', '2:KEPT'])(
  'what cannot be unpacked is left to whoever reads it: %j',
  (text) => {
    expect(unpack(text)).toBe(text);
  },
);
