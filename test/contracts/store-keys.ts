// What every store promises of old idempotency keys: their answers end, a few at once, and the keys are as new.
import { expect, it } from 'vitest';
import type { Store } from '../../src/store.ts';
import { noon, place, toRecord, write } from './store-samples.ts';

export const describeForgetting = (current: () => Store) => {
  const keep = async (...ages: readonly number[]) => {
    for (const [index, age] of ages.entries()) {
      const orderId = `order-${index}`;
      const record = toRecord({ key: `key-${index}`, orderId, at: noon - age });
      await place(current(), orderId, { idempotency: [record] });
    }
  };
  const listKept = async (count: number) => {
    const keys = Array.from({ length: count }, (_, index) => `key-${index}`);
    const records = await Promise.all(keys.map((key) => current().idempotencyRecord(toRecord().scope, key)));
    return records.flatMap((record) => record?.key ?? []);
  };

  it('answers that are over are forgotten, and no others', async () => {
    await keep(1000, 501, 500, 0);
    expect(await current().forgetKeys(noon - 500, 10)).toBe(2);
    expect(await listKept(4)).toEqual(['key-2', 'key-3']);
    expect(await current().forgetKeys(noon - 500, 10)).toBe(0);
  });
  it('so many are forgotten at once, those that were stored first', async () => {
    await keep(1000, 1000, 1000);
    expect(await current().forgetKeys(noon, 2)).toBe(2);
    expect(await listKept(3)).toEqual(['key-2']);
    expect(await current().forgetKeys(noon, 2)).toBe(1);
  });
  it('one that is from the future, as of a wrong clock, does not keep those behind it', async () => {
    await keep(-1_000_000, 1000, 1000);
    expect(await current().forgetKeys(noon, 2)).toBe(1);
    expect(await current().forgetKeys(noon, 2)).toBe(1);
    expect(await listKept(3)).toEqual(['key-0']);
  });
  it('a forgotten key can be taken again, and its order stays', async () => {
    await keep(1000);
    await current().forgetKeys(noon, 10);
    const again = toRecord({ key: 'key-0', orderId: 'b', fingerprint: 'other' });
    await place(current(), 'b', { idempotency: [again] });
    expect(await current().idempotencyRecord(again.scope, again.key)).toEqual(again);
    expect((await current().load(['order-0'])).size).toBe(1);
  });
  it('answers about no order are forgotten too', async () => {
    await write(current(), [], { idempotency: [toRecord({ orderId: '', at: noon - 1000 })] });
    expect(await current().forgetKeys(noon, 10)).toBe(1);
    expect(await current().idempotencyRecord(toRecord().scope, toRecord().key)).toBeUndefined();
  });
};
