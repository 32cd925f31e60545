// What an order's row has instead of its system (src/stores/packing.ts).
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toStored } from '../../src/step/snapshot.ts';
import { pack, unpack } from '../../src/stores/packing.ts';
import { stories } from '../step/stories.ts';

const systems = stories.map(([name, tell]) => [name, toStored(tell().state())] as const);

const orderId = 'order-1';

test.each(systems)(
  'the system of an order that is %s is a sixth as long, and comes back as it was',
  (_, text) => {
    const packed = pack(orderId, text);
    expect(packed.length).toBeLessThan(text.length / 6);
    expect(unpack(orderId, packed)).toBe(text);
  },
);

const ids = ['order-1', '~', '~/a', '"', 'a"b', '$&', '\\', 'å'];
const parts = fc.constantFrom('~', '"', '/', '\\', '~"', '"~', 'a', ...ids);
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(parts).map((list) => list.join('')),
  fc.json(),
);

test('any text comes back as it was, whatever the id of its order', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ids), anyText, (id, text) => {
      const json = JSON.stringify({ [text]: [text, id, `${id}/events/1`, `~${text}`] });
      expect(unpack(id, pack(id, json))).toBe(json);
      fc.pre(text.isWellFormed());
      expect(unpack(id, pack(id, text))).toBe(text);
    }),
  );
});

test("the id of its order is not in what is packed, so another order's bytes read as its own", () => {
  const text = '{"orderId":"order-1","key":"order-1/charge/1"}';
  expect(unpack('order-2', pack(orderId, text))).toBe(text.replaceAll('order-1', 'order-2'));
});

test.each([
  ['1', '1:g5S0mJ0AI6ROAL6GOaydr1RbWwsA'],
  ['2', '2:g9QFmL0pI6TeFL4eDqzDpFRbWwsA'],
])('what was packed with dictionary %s when it was new is unpacked for ever', (charts, kept) => {
  const system = '"version":2,"events":1,"actors":{"order":{"value":"created"}}}';
  expect(unpack(orderId, kept)).toBe(`{"charts":"${charts}",${system}`);
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
  expect(createHash('sha256').update(unpack(orderId, kept)).digest('hex')).toBe(digest);
});

test.each(['{"charts":"1"}', '', 'plain'])('what is not packed is taken as it is: %j', (text) => {
  expect(unpack(orderId, text)).toBe(text);
});

test.each(['1:', '1:!!!!', '1:AAAA', '3:KEPT'])(
  'what cannot be unpacked is left to whoever reads it: %j',
  (text) => {
    expect(unpack(orderId, text)).toBe(text);
  },
);

test('what was packed as bytes when that was new is unpacked for ever', () => {
  const kept = Buffer.from('03c3d5de37426aefe36b83c39af4b08e0faa0f6a01', 'hex');
  const system = '"version":2,"events":1,"actors":{"order":{"value":"created"}}';
  expect(unpack(orderId, kept)).toBe(`{"charts":"2",${system},"key":"order-1/charge/1"}`);
});

test('every part of the dictionary of packed bytes is what it was', () => {
  const kept =
    '03edd8c11100200803c1febbf6ed47200e0a215ddcedee0d544cc9e79413a0d292ca64aa2c6a9571ac44b4525c691b1f93575a60992d962fc8d293f3ad1b2c6c9671b4042a06cd18b46378dd5270e9df0fc1a5e0f2f61847c1a5e4f24006fde8d2133b747629bc3ce1a5f4d29f0f75f5f2175f3628ff05';
  const digest = createHash('sha256')
    .update(unpack(orderId, Buffer.from(kept, 'hex')))
    .digest('hex');
  expect(digest).toBe('a975dab533c30bc1565b95e873927c2bc88ade8c3edb4f9c54933a13b5d3310e');
});

test('bytes that cannot be unpacked are no JSON, and are left to whoever reads them', () => {
  for (const kept of [Uint8Array.of(), Uint8Array.of(9, 1), Uint8Array.of(3, 255, 255)]) {
    expect(() => JSON.parse(unpack(orderId, kept))).toThrow(SyntaxError);
  }
});
