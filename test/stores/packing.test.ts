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

test.each([
  ['1', '1:g5S0mJ0AI6ROAL6GOaydr1RbWwsA'],
  ['2', '2:g9QFmL0pI6TeFL4eDqzDpFRbWwsA'],
])('what was packed with dictionary %s when it was new is unpacked for ever', (charts, kept) => {
  const system = '"version":2,"events":1,"actors":{"order":{"value":"created"}}}';
  expect(unpack(kept)).toBe(`{"charts":"${charts}",${system}`);
});

test.each([
  // Each dictionary itself, packed with it: it refers to every byte of it.
  [
    '1:7ddBCQAADAMx/65H2asWSkzckS8tBEAABEBAKgEBENBfgQAIgAAIgIBRBBw=',
    '246fc6f4143abf48e7b8927f44f8f94a55168d8f2509752488481f0696599102',
  ],
  [
    '2:7dchAQAAAMKw/q0RVMCxFP/aApqiKZqiKZqiKZqiqdUH0hRN0RRNvWgq',
    'a5ead072d5f7f3076b3d91da3cff15a0e53f19a27c19593aab3970527ca38f0b',
  ],
])('every part of a dictionary is what it was', (kept, digest) => {
  expect(createHash('sha256').update(unpack(kept)).digest('hex')).toBe(digest);
});

test.each(['{"charts":"1"}', '', 'plain'])('what is not packed is taken as it is: %j', (text) => {
  expect(unpack(text)).toBe(text);
});

test.each(['1:', '1:!!!!', '1:AAAA', '3:KEPT'])(
  'what cannot be unpacked is left to whoever reads it: %j',
  (text) => {
    expect(unpack(text)).toBe(text);
  },
);
